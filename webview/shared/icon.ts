import arrowDown from '@vscode/codicons/src/icons/arrow-down.svg';
import arrowUp from '@vscode/codicons/src/icons/arrow-up.svg';
import close from '@vscode/codicons/src/icons/close.svg';
import copy from '@vscode/codicons/src/icons/copy.svg';
import error from '@vscode/codicons/src/icons/error.svg';
import info from '@vscode/codicons/src/icons/info.svg';
import json from '@vscode/codicons/src/icons/json.svg';
import lock from '@vscode/codicons/src/icons/lock.svg';
import table from '@vscode/codicons/src/icons/table.svg';
import unlock from '@vscode/codicons/src/icons/unlock.svg';
import warning from '@vscode/codicons/src/icons/warning.svg';
import { html, type TemplateResult } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';

/** VS Code's icons, as SVG in the page itself: no font has to be loaded. */
const icons = { arrowDown, arrowUp, close, copy, error, info, json, lock, table, unlock, warning } as const;

export type IconName = keyof typeof icons;

/** A 16 px picture in the colour of the text around it; always decorative, the name stands beside it. */
export function icon(name: IconName): TemplateResult {
  return html`<span class="icon" aria-hidden="true">${unsafeHTML(icons[name])}</span>`;
}
