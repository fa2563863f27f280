'use strict';

/** What a page needs of a package, in place of the package: see the files. */
const pageAliases = {
  'vscode-jsonrpc': './webview/shared/messageTypes.ts',
};

/**
 * A minified page without the indentation of its templates, a tenth of its bytes and of what the browser has to parse.
 * Minified code has line breaks in template literals alone; there, in HTML and CSS, one is as good as several spaces.
 *
 * @param {string} script
 * @returns {string}
 */
function squeezeTemplates(script) {
  return script.replace(/\n\s+/g, '\n');
}

module.exports = { pageAliases, squeezeTemplates };
