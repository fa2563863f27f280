import { html, type TemplateResult } from 'lit';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import type { ExportParams, RowLocation } from '../../src/protocol/breakdownView';
import { exportIcon, icon, jsonIcon, lockIcon, unlockIcon } from '../shared/icon';
import type { ChangeEvent } from '../shared/kit';
import '../shared/menuButton';
import { renderModelLine } from '../shared/modelLine';
import { strings } from './strings';

export interface RowHeaderParams {
  readonly row: ExplainedRow;
  readonly location: RowLocation;
  readonly locked: boolean;
  readonly reveal: () => void;
  readonly toggleLock: () => void;
  readonly copyJson: () => void;
  readonly exportAs: (format: ExportParams['format']) => void;
}

const formats = ['svg', 'png', 'csv', 'json'] as const;

/** Which row this is, and which model spoke. */
export function renderHeader({
  row,
  location,
  locked,
  reveal,
  toggleLock,
  copyJson,
  exportAs,
}: RowHeaderParams): TemplateResult {
  return html`<header class="top">
    <div class="title">
      <h1><bdi>${strings.row(row.id)}</bdi></h1>
      <button class="link" title=${strings.reveal} @click=${reveal}>
        ${strings.location(location.file, location.line)}
      </button>
    </div>
    <div class="actions">
      <ald-button kind="icon" .label=${strings.keepRow} .pressed=${locked} @click=${toggleLock}
        >${icon(locked ? lockIcon : unlockIcon)}</ald-button
      >
      <ald-menu-button
        .label=${strings.exportAs}
        .picture=${exportIcon}
        .options=${formats.map((format) => ({ value: format, label: strings.exports[format] }))}
        @ald-change=${(event: ChangeEvent) => exportAs(event.detail.value as ExportParams['format'])}
      ></ald-menu-button>
      <ald-button kind="icon" .label=${strings.copyJson} @click=${copyJson}>${icon(jsonIcon)}</ald-button>
    </div>
    ${renderModelLine(row.model)}
  </header>`;
}
