import { html, nothing, type TemplateResult } from 'lit';

export interface DataColumn {
  readonly name: string;
  readonly numeric?: boolean;
  /** Explains the column on hover. */
  readonly hint?: string;
}

export interface DataCell {
  /** As shown. */
  readonly text: string;
  /** As copied; the shown text where there is no other. */
  readonly raw?: string;
  readonly hint?: string;
}

export interface DataTable {
  readonly caption: string;
  readonly columns: readonly DataColumn[];
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly DataCell[])[];
}

export function renderDataTable({ caption, columns, rows }: DataTable): TemplateResult {
  return html`<table>
    <caption class="hidden">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map(
          ({ name, numeric, hint }) =>
            html`<th scope="col" class=${numeric ? 'value' : ''} title=${hint ?? nothing}>${name}</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map(({ text, hint }, index) =>
              index === 0
                ? html`<th scope="row" title=${hint ?? nothing}><bdi>${text}</bdi></th>`
                : html`<td class=${columns[index]?.numeric ? 'value' : ''} title=${hint ?? nothing}>${text}</td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Tab-separated, with exact values: pastes into a spreadsheet. */
export function tableAsText({ columns, rows }: DataTable): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((cells) => cells.map(({ text, raw }) => raw ?? text))];
  return lines.map((cells) => cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n') + '\n';
}
