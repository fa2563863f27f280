import type { TestItem, TestRunRequest } from 'vscode';

/** Files with the tests of them that are wanted; null: all. */
export function chosenItems(
  { include, exclude }: TestRunRequest,
  items: Iterable<[string, TestItem]>,
): ReadonlyMap<TestItem, ReadonlySet<string> | null> {
  const chosen = new Map<TestItem, Set<string> | null>();
  for (const item of include ?? [...items].map(([, file]) => file)) {
    if (item.parent === undefined) chosen.set(item, null);
    else if (chosen.get(item.parent) !== null) {
      chosen.set(item.parent, (chosen.get(item.parent) ?? new Set<string>()).add(item.id));
    }
  }
  for (const item of exclude ?? []) {
    if (item.parent === undefined) chosen.delete(item);
    else if (chosen.has(item.parent)) {
      const wanted = chosen.get(item.parent) ?? new Set([...item.parent.children].map(([id]) => id));
      wanted.delete(item.id);
      chosen.set(item.parent, wanted);
    }
  }
  return chosen;
}
