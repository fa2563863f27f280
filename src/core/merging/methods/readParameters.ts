import type { MethodParameters } from '../mergePlan';

/** A number of a method; the plan has put one wherever the method needs it. */
export function numberOf(parameters: MethodParameters, name: string, fallback: number): number {
  const value = parameters[name];
  return typeof value === 'number' ? value : fallback;
}

export function flagOf(parameters: MethodParameters, name: string, fallback: boolean): boolean {
  const value = parameters[name];
  return typeof value === 'boolean' ? value : fallback;
}
