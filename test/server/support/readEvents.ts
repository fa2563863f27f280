import assert from 'node:assert/strict';

/** The data of server-sent events; fails when the text is anything else. */
export function readEvents(text: string): string[] {
  assert.ok(text.endsWith('\n\n'));
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      assert.match(event, /^data: [^\n]*$/);
      return event.slice('data: '.length);
    });
}
