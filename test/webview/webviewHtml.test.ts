import assert from 'node:assert/strict';
import { webviewHtml } from '../../src/extension/webviewHtml';

describe('webviewHtml', () => {
  it('allows one script and its styles by nonce, and nothing else', () => {
    const html = webviewHtml({
      scriptUri: 'https://x/y.js',
      nonce: 'abc',
      title: 'T',
      language: 'en',
      element: 'ald-x',
    });
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1].replaceAll('&#39;', "'");
    assert.equal(policy, "default-src 'none'; script-src 'nonce-abc'; style-src 'nonce-abc'");
    assert.ok(html.includes('<meta property="csp-nonce" content="abc">'));
  });

  it('escapes what it is given', () => {
    const html = webviewHtml({
      scriptUri: 'https://x/"><script>',
      nonce: 'abc',
      title: '</title><script>alert(1)</script>',
      language: 'en',
      element: 'ald-x',
    });
    assert.equal(html.match(/<script/g)!.length, 1);
  });

  it('carries translations as data that nothing in them can end', () => {
    const texts = { 'Show {0}': '</script><script>alert(1)</script> "{0}" & \u2028' };
    const html = webviewHtml({
      scriptUri: 'https://x/y.js',
      nonce: 'abc',
      title: 'T',
      language: 'de',
      element: 'ald-x',
      texts,
    });
    assert.equal(html.match(/<\/?script/g)!.length, 4);
    const [, json] = /<script type="application\/json" id="texts">(.*?)<\/script>/su.exec(html)!;
    assert.deepEqual(JSON.parse(json), texts);
    assert.ok(html.indexOf('id="texts"') < html.indexOf('src="https://x/y.js"'), 'they are there when the script runs');
  });
});
