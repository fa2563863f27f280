/** Files that are head recipes by their name, whatever stands in them. */
export function isHeadRecipeName(path: string): boolean {
  return /\.head\.ya?ml$/i.test(path);
}

/** Whether a YAML text is a head recipe: at its top it names a model and what is trained on it. */
export function isHeadRecipe(text: string): boolean {
  return hasKey(text, 'model') && (hasKey(text, 'objectives') || hasKey(text, 'preference'));
}

function hasKey(text: string, key: string): boolean {
  return new RegExp(`^(${key}|"${key}"|'${key}')[ \\t]*:(\\s|$)`, 'm').test(text);
}
