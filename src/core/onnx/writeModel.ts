import { AlidadeError } from '../alidadeError';
import { ProtobufWriter } from './protobufWriter';
import type { Attribute, ElementType, Node, Shape, Value } from './value';

/** onnx.proto3: TensorProto.DataType. */
const DATA_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int8: 3,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};
const IR_VERSION = 10;
const OPSETS = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];

export interface GraphDefinition {
  readonly name: string;
  /** All inputs that the file declares, in order; a graph may declare inputs that no output needs. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** Folder from which the locations of external data are relative; every external file lies below it. */
  readonly externalRoot: string;
}

/**
 * The bytes of an ONNX ModelProto. The graph is derived by walking back from the outputs; nodes come in topological
 * order and get their names here.
 * @throws AlidadeError `internal` when a reachable input is not declared or an external file lies outside the root.
 */
export function writeModel(graph: GraphDefinition): Uint8Array {
  const names = nameValues(graph);
  const model = new ProtobufWriter();
  model.integer(1, IR_VERSION);
  model.string(2, 'alidade');
  model.message(7, (writer) => {
    for (const node of names.nodes) writer.message(1, (nested) => writeNode(nested, node, names));
    writer.string(2, graph.name);
    for (const constant of names.constants) {
      writer.message(5, (nested) => writeConstant(nested, constant, graph.externalRoot));
    }
    for (const input of graph.inputs) {
      if (input.origin.kind !== 'input') throw internal('a declared input is not a graph input');
      const { name } = input.origin;
      writer.message(11, (nested) => writeValueInfo(nested, name, input));
    }
    for (const output of graph.outputs) {
      writer.message(12, (nested) => writeValueInfo(nested, output.name, output.value));
    }
  });
  for (const opset of OPSETS) {
    model.message(8, (writer) => {
      writer.string(1, opset.domain);
      writer.integer(2, opset.version);
    });
  }
  return model.finish();
}

interface NamedGraph {
  readonly nodes: readonly Node[];
  readonly constants: readonly Value[];
  /** Names of a node's outputs, '' for those nobody uses. */
  readonly outputNames: ReadonlyMap<Node, string[]>;
}

function nameValues(graph: GraphDefinition): NamedGraph {
  const declared = new Set(graph.inputs.map((input) => (input.origin.kind === 'input' ? input.origin.name : '')));
  const nodes: Node[] = [];
  const constants = new Map<string, Value>();
  const outputNames = new Map<Node, string[]>();
  let valueCount = 0;
  /** Notes a value that is used. Gives its node when it is met for the first time, so that its inputs come next. */
  const note = (value: Value): Node | null => {
    const { origin } = value;
    if (origin.kind === 'input') {
      if (!declared.has(origin.name)) throw internal(`graph input ${origin.name} is used but not declared`);
      return null;
    }
    if (origin.kind === 'constant') {
      const other = constants.get(origin.name);
      if (other !== undefined && other.origin !== value.origin && !sameConstant(other, value)) {
        throw internal(`two constants are called ${origin.name}`);
      }
      constants.set(origin.name, value);
      return null;
    }
    const { node } = origin;
    const known = outputNames.get(node);
    const outputs = known ?? new Array<string>(node.outputCount).fill('');
    outputNames.set(node, outputs);
    valueCount += 1;
    outputs[origin.output] ||= `${node.operator}_${valueCount}`;
    return known === undefined ? node : null;
  };
  // A deep model is a deep graph: a stack of our own, since the call stack ends at a few hundred layers.
  const visit = (value: Value): void => {
    const open: { readonly node: Node; next: number }[] = [];
    const enter = (used: Value | null): void => {
      const node = used === null ? null : note(used);
      if (node !== null) open.push({ node, next: 0 });
    };
    enter(value);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (top.next < top.node.inputs.length) {
        enter(top.node.inputs[top.next++] ?? null);
      } else {
        nodes.push(top.node);
        open.pop();
      }
    }
  };
  for (const output of graph.outputs) visit(output.value);
  for (const { name, value } of graph.outputs) {
    if (value.origin.kind !== 'node') throw internal(`output ${name} is not computed by a node`);
    const outputs = outputNames.get(value.origin.node);
    if (outputs !== undefined) outputs[value.origin.output] = name;
  }
  return { nodes, constants: [...constants.values()], outputNames };
}

function sameConstant(left: Value, right: Value): boolean {
  if (left.origin.kind !== 'constant' || right.origin.kind !== 'constant') return false;
  const [a, b] = [left.origin.data, right.origin.data];
  if (left.type !== right.type || left.shape.join() !== right.shape.join()) return false;
  if (a.kind === 'external' && b.kind === 'external') return a.file === b.file && a.offset === b.offset;
  return a.kind === 'inline' && b.kind === 'inline' && a.bytes.every((byte, index) => byte === b.bytes[index]);
}

function writeNode(writer: ProtobufWriter, node: Node, names: NamedGraph): void {
  for (const input of node.inputs) writer.string(1, input === null ? '' : nameOf(input, names));
  for (const output of names.outputNames.get(node) ?? []) writer.string(2, output);
  writer.string(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (nested) => writeAttribute(nested, name, attribute));
  }
  writer.string(7, node.domain);
}

function nameOf(value: Value, names: NamedGraph): string {
  if (value.origin.kind === 'node') return names.outputNames.get(value.origin.node)?.[value.origin.output] ?? '';
  return value.origin.name;
}

function writeAttribute(writer: ProtobufWriter, name: string, attribute: Attribute): void {
  writer.string(1, name);
  switch (attribute.kind) {
    case 'float':
      writer.float(2, attribute.value);
      writer.integer(20, 1);
      return;
    case 'int':
      writer.integer(3, attribute.value);
      writer.integer(20, 2);
      return;
    case 'ints':
      for (const value of attribute.value) writer.integer(8, value);
      writer.integer(20, 7);
      return;
  }
}

function writeConstant(writer: ProtobufWriter, value: Value, externalRoot: string): void {
  if (value.origin.kind !== 'constant') throw internal('not a constant');
  for (const dimension of value.shape) writer.integer(1, Number(dimension));
  writer.integer(2, DATA_TYPES[value.type]);
  writer.string(8, value.origin.name);
  const { data } = value.origin;
  if (data.kind === 'inline') {
    writer.bytes(9, data.bytes);
    return;
  }
  const entries = {
    location: relativeLocation(externalRoot, data.file),
    offset: String(data.offset),
    length: String(data.length),
  };
  for (const [key, entry] of Object.entries(entries)) {
    writer.message(13, (nested) => {
      nested.string(1, key);
      nested.string(2, entry);
    });
  }
  writer.integer(14, 1); // EXTERNAL
}

function relativeLocation(root: string, file: string): string {
  const folder = /[/\\]$/.test(root) ? root : `${root}/`;
  const [from, to] = [folder.replaceAll('\\', '/'), file.replaceAll('\\', '/')];
  if (!to.startsWith(from)) throw internal(`${file} lies outside ${root}`);
  return to.slice(from.length);
}

function writeValueInfo(writer: ProtobufWriter, name: string, value: { type: ElementType; shape: Shape }): void {
  writer.string(1, name);
  writer.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, DATA_TYPES[value.type]);
      tensor.message(2, (shape) => {
        for (const dimension of value.shape) {
          shape.message(1, (nested) => {
            if (typeof dimension === 'number') nested.integer(1, dimension);
            else nested.string(2, dimension);
          });
        }
      });
    }),
  );
}

function internal(message: string): AlidadeError {
  return new AlidadeError({ code: 'internal', message: `graph: ${message}` });
}
