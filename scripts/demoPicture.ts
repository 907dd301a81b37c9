/**
 * Draws what a terminal showed as SVG, for the README: reads text with colour codes on standard input, writes the picture to standard output.
 * `script -qec "npm run demo -- --for 60s" /dev/null | node scripts/demoPicture.ts > docs/demo.svg`
 */
import { text } from 'node:stream/consumers';

const COLOURS: Readonly<Record<string, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};
const CHARACTER_WIDTH = 7.23;
const LINE_HEIGHT = 17;
const MARGIN = 14;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
const CODE = /\u001b\[([\d;]*)([A-Za-z])/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the code that moves the cursor to the first column
const LINE_START = /\r|\u001b\[[01]?G/;

/** The lines as a terminal shows them at the end: what was written over from the first column is gone. */
function shownLines(input: string): readonly string[] {
  const lines = input.split('\n').map((line) => line.replace(/\r$/, '').split(LINE_START).at(-1) ?? '');
  return lines.filter((line) => !/^(npm warn|> |[\u2800-\u28ff]|$)/.test(line.replace(CODE, '')));
}

function spans(line: string): string {
  let style = '';
  let drawn = '';
  let from = 0;
  for (const match of [...line.matchAll(CODE), null]) {
    const piece = line.slice(from, match?.index ?? line.length);
    if (piece) drawn += `<tspan${style}>${escapeXml(piece)}</tspan>`;
    if (!match) break;
    from = match.index + match[0].length;
    if (match[2] === 'm') style = styleOf(style, (match[1] ?? '').split(';'));
  }
  return drawn;
}

function styleOf(before: string, codes: readonly string[]): string {
  let style = before;
  for (const code of codes) {
    if (code === '' || code === '0' || code === '39' || code === '22') style = '';
    else if (code === '1') style += ' font-weight="bold"';
    else if (code === '2') style += ' fill-opacity="0.6"';
    else if (COLOURS[code]) style = `${style.replace(/ fill="[^"]*"/, '')} fill="${COLOURS[code]}"`;
  }
  return style;
}

function escapeXml(piece: string): string {
  return piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const lines = shownLines(await text(process.stdin));
const columns = Math.max(...lines.map((line) => line.replace(CODE, '').length));
const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * MARGIN);
const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>What the demo prints</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" fill="#c9d1d9" xml:space="preserve">`);
lines.forEach((line, index) => {
  console.log(`<text x="${MARGIN}" y="${MARGIN + 12 + index * LINE_HEIGHT}">${spans(line)}</text>`);
});
console.log('</g>\n</svg>');
