import { html, nothing, type TemplateResult } from 'lit';
import { describeDtype } from '../../src/core/reward/describeDtype';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import type { RowLocation } from '../../src/protocol/breakdownView';
import { icon, jsonIcon, lockIcon, unlockIcon, warningIcon } from '../shared/icon';
import { strings } from './strings';

export interface RowHeaderParams {
  readonly row: ExplainedRow;
  readonly location: RowLocation;
  readonly locked: boolean;
  readonly reveal: () => void;
  readonly toggleLock: () => void;
  readonly copyJson: () => void;
}

/** Which row this is, and which model spoke. */
export function renderHeader({ row, location, locked, reveal, toggleLock, copyJson }: RowHeaderParams): TemplateResult {
  const { model } = row;
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
      <ald-button kind="icon" .label=${strings.copyJson} @click=${copyJson}>${icon(jsonIcon)}</ald-button>
    </div>
    <div class="model">
      <span title=${strings.modelHint(model.path, model.architecture)}><bdi>${model.name}</bdi></span>
      <span class="quiet"><bdi>${model.head}</bdi></span>
      ${
        model.headKind === 'meters'
          ? html`<span class="flag" title=${strings.notAJudgeHint}>${icon(warningIcon)}${strings.notAJudge}</span>`
          : nothing
      }
      <span class="quiet" title=${strings.deviceHint(model.deviceReason, model.mode, model.quantisationLoss ?? 0)}
        >${model.device} ${describeDtype(model)}</span
      >
      <span class="quiet mono" title=${strings.hashHint(model.hash)}>${model.hash.slice(0, 8)}</span>
    </div>
  </header>`;
}
