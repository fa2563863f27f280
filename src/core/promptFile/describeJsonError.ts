import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Why and where a text is no JSON. */
export interface JsonErrorDescription {
  readonly message: string;
  /** Of the first error, in UTF-16 units. */
  readonly offset: number;
}

/** Describes a text that JSON.parse has refused; its own messages differ between engines and often lack the place. */
export function describeJsonError(text: string): JsonErrorDescription {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { message: 'not JSON: nested too deeply', offset: 0 };
  }
  const first = errors[0];
  if (first === undefined) return { message: 'not JSON', offset: 0 };
  // "CommaExpected" -> "comma expected"
  const reason = printParseErrorCode(first.error)
    .replace(/(?!^)([A-Z])/g, ' $1')
    .toLowerCase();
  return { message: `not JSON: ${reason} at character ${first.offset + 1}`, offset: first.offset };
}
