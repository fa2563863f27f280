import { methodTable } from './methodTable';
import type { MethodParameter } from './methodTable';
import type { MethodParameters } from '../plan/mergePlan';
import type { TensorMerge } from './tensorMerge';

/** A shared number of the method; what its table says where the recipe says nothing. */
export function sharedNumber(task: TensorMerge, name: string): number {
  return Number(find(task.parameters, methodTable[task.method].shared, name));
}

export function sharedFlag(task: TensorMerge, name: string): boolean {
  return find(task.parameters, methodTable[task.method].shared, name) === true;
}

/** A number that each model has. */
export function modelNumber(task: TensorMerge, input: number, name: string): number {
  return Number(find(task.inputs[input].parameters, methodTable[task.method].perModel, name));
}

function find(given: MethodParameters, known: readonly MethodParameter[], name: string): number | boolean {
  const value = given[name] ?? known.find((parameter) => parameter.name === name)?.fallback;
  // A plan gives what has no fallback, so this is a fault of the program.
  if (value === undefined || value === null) throw new Error(`The parameter ${name} is not given`);
  return value;
}
