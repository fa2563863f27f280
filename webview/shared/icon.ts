import arrowDownIcon from '@vscode/codicons/src/icons/arrow-down.svg';
import arrowUpIcon from '@vscode/codicons/src/icons/arrow-up.svg';
import checkIcon from '@vscode/codicons/src/icons/check.svg';
import chevronDownIcon from '@vscode/codicons/src/icons/chevron-down.svg';
import chevronRightIcon from '@vscode/codicons/src/icons/chevron-right.svg';
import circleFilledIcon from '@vscode/codicons/src/icons/circle-filled.svg';
import circleOutlineIcon from '@vscode/codicons/src/icons/circle.svg';
import closeIcon from '@vscode/codicons/src/icons/close.svg';
import copyIcon from '@vscode/codicons/src/icons/copy.svg';
import diffIcon from '@vscode/codicons/src/icons/diff.svg';
import errorIcon from '@vscode/codicons/src/icons/error.svg';
import exportIcon from '@vscode/codicons/src/icons/export.svg';
import infoIcon from '@vscode/codicons/src/icons/info.svg';
import jsonIcon from '@vscode/codicons/src/icons/json.svg';
import lockIcon from '@vscode/codicons/src/icons/lock.svg';
import tableIcon from '@vscode/codicons/src/icons/table.svg';
import unlockIcon from '@vscode/codicons/src/icons/unlock.svg';
import warningIcon from '@vscode/codicons/src/icons/warning.svg';
import { html, type TemplateResult } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';

/** VS Code's icons as SVG text: a page carries those that it uses, and no font has to be loaded. */
export {
  arrowDownIcon,
  arrowUpIcon,
  checkIcon,
  chevronDownIcon,
  chevronRightIcon,
  circleFilledIcon,
  circleOutlineIcon,
  closeIcon,
  copyIcon,
  diffIcon,
  errorIcon,
  exportIcon,
  infoIcon,
  jsonIcon,
  lockIcon,
  tableIcon,
  unlockIcon,
  warningIcon,
};

/** A 16 px picture in the colour of the text around it; always decorative, the name stands beside it. */
export function icon(svg: string): TemplateResult {
  return html`<span class="icon" aria-hidden="true">${unsafeHTML(svg)}</span>`;
}
