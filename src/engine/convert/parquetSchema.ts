import type { SchemaElement } from 'hyparquet';
import type { ColumnShape } from '../../core/convert/columnShape';

/** A table's schema for Parquet: lists and objects keep their structure, values of several kinds become JSON. */
export function parquetSchemaOf(columns: ReadonlyMap<string, ColumnShape>): SchemaElement[] {
  const root: SchemaElement = { name: 'root', num_children: columns.size };
  return [root, ...[...columns].flatMap(([name, shape]) => elementsOf(name, shape))];
}

/** A column with what lies within it, depth first. */
function elementsOf(name: string, shape: ColumnShape): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  switch (shape.kind) {
    case 'empty':
    case 'text':
      return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
    case 'integer':
      return [{ ...optional, type: 'INT32' }];
    case 'double':
      return [{ ...optional, type: 'DOUBLE' }];
    case 'boolean':
      return [{ ...optional, type: 'BOOLEAN' }];
    case 'json':
      return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'JSON' }];
    case 'list':
      return [
        { ...optional, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf('element', shape.element),
      ];
    case 'object':
      return [
        { ...optional, num_children: shape.members.size },
        ...[...shape.members].flatMap(([member, within]) => elementsOf(member, within)),
      ];
  }
}
