import type { MergePlan } from './mergePlan';

/** What part of the result a model has in some of its tensors. */
export interface SharesOfModel {
  /** Outside the layers, by what the tensors are for; those without one share are left out. */
  readonly outside: readonly { readonly group: string; readonly share: ShareRange }[];
  /** Layers that follow each other and have the same, the last one inclusive. */
  readonly layers: readonly { readonly first: number; readonly last: number; readonly share: ShareRange }[];
}

export interface ShareRange {
  readonly least: number;
  readonly most: number;
}

/** The shares of a model in a plan; null: it has none, or the method is not linear. @param key of `MergePlan.models`. */
export function sharesOfModel({ tensors, models }: MergePlan, key: string): SharesOfModel | null {
  const model = models.findIndex((each) => each.key === key);
  if (model < 0) return null;
  const outside = new Map<string, ShareRange>();
  const byLayer = new Map<number, ShareRange>();
  for (const { layer, group, sources } of tensors) {
    const weight = sources.find((source) => source.model === model)?.weight;
    if (weight === undefined || weight === null || !Number.isFinite(weight)) continue;
    if (layer === null) outside.set(group, widened(outside.get(group), weight));
    else byLayer.set(layer, widened(byLayer.get(layer), weight));
  }
  if (outside.size === 0 && byLayer.size === 0) return null;
  const layers: { first: number; last: number; share: ShareRange }[] = [];
  for (const [layer, share] of [...byLayer].sort(([a], [b]) => a - b)) {
    const before = layers.at(-1);
    if (before?.last === layer - 1 && isSame(before.share, share)) before.last = layer;
    else layers.push({ first: layer, last: layer, share });
  }
  return { outside: [...outside].map(([group, share]) => ({ group, share })), layers };
}

function widened(range: ShareRange | undefined, value: number): ShareRange {
  return { least: Math.min(range?.least ?? value, value), most: Math.max(range?.most ?? value, value) };
}

function isSame(a: ShareRange, b: ShareRange): boolean {
  return a.least === b.least && a.most === b.most;
}
