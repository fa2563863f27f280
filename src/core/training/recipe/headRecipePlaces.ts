import type { Span } from '../../promptFile/locateJson';

/** What a place of a head recipe names: editors look there for what no parser can know. */
export type HeadRecipePlace =
  | { readonly kind: 'model'; readonly reference: string; readonly span: Span }
  /** A file of a data set. */
  | { readonly kind: 'file'; readonly data: string; readonly file: string; readonly span: Span }
  /** A field that rows of a data set are expected to have. */
  | {
      readonly kind: 'field';
      readonly data: string;
      readonly field: string;
      readonly use: 'label' | 'group';
      readonly span: Span;
    }
  /** What a field of a data set is expected to say. */
  | {
      readonly kind: 'value';
      readonly data: string;
      readonly field: string;
      readonly value: string;
      readonly span: Span;
    }
  /** `definition`: where the name stands under `data`. */
  | {
      readonly kind: 'data';
      readonly name: string;
      /** `pairs`: it has to have some. */
      readonly use: 'pairs' | 'rows';
      readonly definition: Span;
      readonly span: Span;
    }
  | { readonly kind: 'objective'; readonly name: string; readonly definition: Span; readonly span: Span };

/** What stands at an offset; null: nothing that is named. */
export function headRecipePlaceAt(places: readonly HeadRecipePlace[], offset: number): HeadRecipePlace | null {
  return places.find(({ span }) => span.start <= offset && offset <= span.end) ?? null;
}
