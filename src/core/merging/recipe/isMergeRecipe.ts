/** Files that are recipes by their name, whatever stands in them. */
export function isRecipeName(path: string): boolean {
  return /(\.merge\.ya?ml|(^|[\\/])mergekit_config\.yml)$/i.test(path);
}

/** Whether a YAML text is a merge recipe: it has the key that every recipe has, at the top. */
export function isMergeRecipe(text: string): boolean {
  return /^(merge_method|"merge_method"|'merge_method')[ \t]*:(\s|$)/m.test(text);
}
