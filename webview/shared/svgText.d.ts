/** SVG files come into a page as their text (esbuild's `text` loader). */
declare module '*.svg' {
  const text: string;
  export { text as default };
}
