import { basename } from 'node:path';

/** Where the card of a head file lies. */
export function cardPathOf(head: string): string {
  return head.replace(/(\.safetensors)?$/i, '.md');
}

/** What a recipe is called where people read: without what says that it is one. */
export function recipeNameOf(recipe: string): string {
  return basename(recipe).replace(/(\.head)?\.ya?ml$/i, '');
}
