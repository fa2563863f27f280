import * as yaml from '../yaml/readYaml';
import type { YamlValue } from '../yaml/yamlValue';
import type { LocatedReading, LocatedValue } from './locatedValue';

/** YAML with its places; never throws. @param start where in the file the YAML begins. */
export function readYaml(text: string, start = 0): LocatedReading {
  const { value, problems } = yaml.readYaml(text, { start, aliases: 'written', longestText: Infinity });
  return {
    root: value === null ? null : locate(value),
    problems: problems.map(({ message, span }) => ({ message: `not YAML: ${message}`, span })),
  };
}

function locate(value: YamlValue): LocatedValue {
  const { span } = value;
  switch (value.kind) {
    case 'null':
      return { kind: 'scalar', value: null, span };
    case 'list':
      return { kind: 'list', items: value.items.map(locate), span };
    case 'mapping':
      return { kind: 'map', entries: value.entries.map((entry) => ({ ...entry, value: locate(entry.value) })), span };
    default:
      return { kind: 'scalar', value: value.value, span };
  }
}
