import { html, nothing, type TemplateResult } from 'lit';
import { describeDtype } from '../../src/core/reward/describeDtype';
import { STARTER_HEAD, type RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { icon, warningIcon } from './icon';
import { sharedStrings } from './strings';

/** Which model spoke, how it ran, and whether it is a judge: one line under the title of a page. */
export function renderModelLine(model: RewardModelDescription): TemplateResult {
  const { modelHint, deviceHint, hashHint, notAJudge, notAJudgeHint } = sharedStrings;
  return html`<div class="model">
    <span title=${modelHint(model.path, model.architecture)}><bdi>${model.name}</bdi></span>
    <span class="quiet"><bdi>${model.head}</bdi></span>
    ${
      model.head === STARTER_HEAD
        ? html`<span class="flag" title=${notAJudgeHint}>${icon(warningIcon)}${notAJudge}</span>`
        : nothing
    }
    <span class="quiet" title=${deviceHint(model.deviceReason, model.mode, model.quantisationLoss ?? 0)}
      >${model.device} ${describeDtype(model)}</span
    >
    <span class="quiet mono" title=${hashHint(model.hash)}>${model.hash.slice(0, 8)}</span>
  </div>`;
}
