import { AlidadeError } from '../alidadeError';
import { gradientRules } from './gradientRules';
import { add } from './operators';
import { expandLike, stopGradient } from './trainingOperators';
import { numberLike } from './applyOperator';
import type { Node, Value } from './value';

/**
 * The gradient of a scalar with respect to graph inputs, as values of the same graph: reverse mode, one rule an operator
 * (Griewank and Walther, Evaluating Derivatives (2008), chapter 3). What does not lead to any of the inputs is not
 * differentiated.
 * @returns one value for each of `inputs`, of its shape; an input that the scalar does not depend on gets zeros.
 * @throws AlidadeError `internal` when an operator on the way has no rule (it is named), or `output` is not a scalar.
 */
export function differentiate(output: Value, inputs: readonly Value[]): Value[] {
  if (output.shape.length !== 0)
    throw internal(`the gradient of [${output.shape.join()}] is not one number a parameter`);
  const names = inputs.map(({ origin }) => {
    if (origin.kind !== 'input') throw internal('only graph inputs have gradients');
    return origin.name;
  });
  const nodes = sortNodes(output);
  const wanted = new Set(names);
  const active = findActive(nodes, wanted);
  const gradients = new Gradients();
  gradients.add(output, numberLike(output, 1));
  for (const node of nodes.toReversed()) {
    if (!active.has(node)) continue;
    const received = gradients.ofNode(node);
    if (received.every((gradient) => gradient === undefined)) continue;
    const rule = gradientRules[node.operator];
    if (rule === undefined) throw internal(`the operator ${node.operator} has no gradient`);
    const parts = rule({ node, gradients: received });
    node.inputs.forEach((input, index) => {
      const part = parts[index];
      if (input === null || part === undefined || !leadsBack(input, wanted, active)) return;
      gradients.add(input, part());
    });
  }
  const results = inputs.map(
    (input, index) => gradients.ofInput(names[index]) ?? expandLike(numberLike(input, 0), input),
  );
  // Every one can be an output of the graph: a node's, and under one name.
  return results.map((value, index) =>
    value.origin.kind !== 'node' || results.indexOf(value) < index ? stopGradient(value) : value,
  );
}

/** The sums of what reaches each value from those that use it. */
class Gradients {
  readonly #ofNodes = new Map<Node, (Value | undefined)[]>();
  readonly #ofInputs = new Map<string, Value>();

  add({ origin }: Value, part: Value): void {
    if (origin.kind === 'node') {
      const outputs = this.#ofNodes.get(origin.node) ?? [];
      const known = outputs[origin.output];
      outputs[origin.output] = known === undefined ? part : add(known, part);
      this.#ofNodes.set(origin.node, outputs);
    } else if (origin.kind === 'input') {
      const known = this.#ofInputs.get(origin.name);
      this.#ofInputs.set(origin.name, known === undefined ? part : add(known, part));
    }
  }

  /** By output; undefined where nothing that matters uses one. */
  ofNode(node: Node): readonly (Value | undefined)[] {
    const found = this.#ofNodes.get(node) ?? [];
    return Array.from({ length: node.outputCount }, (_, index) => found[index]);
  }

  ofInput(name: string): Value | undefined {
    return this.#ofInputs.get(name);
  }
}

/** Every node that a value depends on, each after those that it uses. With a stack of its own: graphs can be deep. */
function sortNodes(output: Value): Node[] {
  const sorted: Node[] = [];
  const entered = new Set<Node>();
  const open: { readonly node: Node; next: number }[] = [];
  const enter = (value: Value | null): void => {
    if (value?.origin.kind !== 'node' || entered.has(value.origin.node)) return;
    entered.add(value.origin.node);
    open.push({ node: value.origin.node, next: 0 });
  };
  enter(output);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (top.next < top.node.inputs.length) {
      enter(top.node.inputs[top.next++]);
    } else {
      sorted.push(top.node);
      open.pop();
    }
  }
  return sorted;
}

/** Nodes through which a gradient flows to one of the named inputs. `sorted`: each after those that it uses. */
function findActive(sorted: readonly Node[], names: ReadonlySet<string>): Set<Node> {
  const active = new Set<Node>();
  for (const node of sorted) {
    // Identity stands for a value that is held constant (stopGradient).
    if (node.operator === 'Identity') continue;
    if (node.inputs.some((input) => input !== null && leadsBack(input, names, active))) active.add(node);
  }
  return active;
}

function leadsBack({ origin }: Value, names: ReadonlySet<string>, active: ReadonlySet<Node>): boolean {
  return origin.kind === 'node' ? active.has(origin.node) : origin.kind === 'input' && names.has(origin.name);
}

function internal(message: string): AlidadeError {
  return new AlidadeError({ code: 'internal', message: `graph: ${message}` });
}
