import { html, nothing, type TemplateResult } from 'lit';
import { describeBytes } from '../../src/core/describeQuantity';
import type { CheckpointContent } from '../../src/protocol/checkpointView';
import { strings } from './strings';

/** As the Models view and model cards say it: 8.03B. */
function formatValues(count: number): string {
  const units = ['', 'K', 'M', 'B', 'T'];
  let [rest, unit] = [count, 0];
  while (999.5 <= rest && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(rest) : rest.toPrecision(3)}${units[unit]}`;
}

/** How many tensors, values and bytes, and in which number formats. */
export function renderFacts({ tensors, files }: CheckpointContent): TemplateResult {
  const values = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const byDtype = new Map<string, number>();
  for (const { dtype } of tensors) byDtype.set(dtype, (byDtype.get(dtype) ?? 0) + 1);
  const dtypes = [...byDtype].sort((a, b) => b[1] - a[1]);
  const count = (value: number): string => value.toLocaleString('en');
  const fileCount = count(files.length);
  return html`<dl class="facts">
    <div title=${strings.tensorsHint(count(tensors.length), fileCount)}>
      <dt>${strings.tensors}</dt>
      <dd class="big">${count(tensors.length)}</dd>
    </div>
    <div title=${strings.valuesHint(count(values))}>
      <dt>${strings.values}</dt>
      <dd class="big">${formatValues(values)}</dd>
    </div>
    <div title=${strings.sizeHint(count(bytes))}>
      <dt>${strings.size}</dt>
      <dd class="big">${describeBytes(bytes)}</dd>
      <dd class="quiet">${strings.files(fileCount)}</dd>
    </div>
    <div title=${strings.dtypesHint}>
      <dt>${strings.dtypes}</dt>
      <dd class="big">${dtypes[0]?.[0] ?? '–'}</dd>
      ${
        dtypes.length < 2
          ? nothing
          : html`<dd class="quiet">
              ${dtypes.map(([dtype, tensorCount]) => `${dtype} ${count(tensorCount)}`).join(' · ')}
            </dd>`
      }
    </div>
  </dl>`;
}

const mostConfig = 200_000;

/** What the files say about themselves, and the configuration beside them. */
export function renderMetadata({ metadata, metadataLeftOut, config }: CheckpointContent): TemplateResult {
  return html`${
    metadata.length === 0
      ? nothing
      : html`<details class="fold part">
          <summary><h2>${strings.metadata}</h2></summary>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">${strings.metadataKey}</th>
                  <th scope="col">${strings.metadataValue}</th>
                </tr>
              </thead>
              <tbody>
                ${metadata.map(
                  ({ key, value }) =>
                    html`<tr>
                      <th scope="row" class="mono"><bdi>${key}</bdi></th>
                      <td class="text"><bdi>${value}</bdi></td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
          ${metadataLeftOut === 0 ? nothing : html`<p class="quiet">${strings.more(metadataLeftOut.toLocaleString('en'))}</p>`}
        </details>`
  }
  ${
    config === null
      ? nothing
      : html`<details class="fold part">
          <summary><h2>${config.name}</h2></summary>
          <pre class="mono" tabindex="0" role="region" aria-label=${config.name}>${laidOut(config.text)}</pre>
        </details>`
  }`;
}

/** With line breaks and indentation, if it is JSON at all. */
function laidOut(text: string): string {
  const shown = ((): string => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  })();
  return mostConfig < shown.length ? `${shown.slice(0, mostConfig)}…` : shown;
}
