/** What a picture is made of; the places are pixels from its upper left corner. */
export type Shape =
  | {
      readonly kind: 'box';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: string;
      readonly stroke?: string;
    }
  /** A box of slanted stripes, for what differs in more than colour. */
  | {
      readonly kind: 'hatched';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly stroke: string;
    }
  | {
      readonly kind: 'line';
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
      readonly stroke: string;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly fill: string;
      readonly size: number;
      readonly bold?: boolean;
      readonly anchor?: 'start' | 'middle' | 'end';
    };

/** A picture that needs nothing but itself: colours resolved, a font that every machine has a stand-in for. */
export interface Figure {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly font: string;
  readonly shapes: readonly Shape[];
}

const stripe = 5;

/** XML that stands alone. */
export function figureAsSvg({ title, width, height, background, font, shapes }: Figure): string {
  const colours = [...new Set(shapes.flatMap((shape) => (shape.kind === 'hatched' ? [shape.stroke] : [])))];
  const patterns = colours.map(
    (colour, index) =>
      `<pattern id="hatch${index}" width="${stripe}" height="${stripe}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
      `<rect width="${stripe}" height="${stripe}" fill="${escapeXml(colour)}" fill-opacity="0.25"/>` +
      `<line x1="1" y1="0" x2="1" y2="${stripe}" stroke="${escapeXml(colour)}" stroke-width="2.5"/></pattern>`,
  );
  const lines = shapes.map((shape) => shapeAsSvg(shape, colours));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escapeXml(font)}">`,
    `<title>${escapeXml(title)}</title>`,
    ...(patterns.length === 0 ? [] : [`<defs>${patterns.join('')}</defs>`]),
    `<rect width="${width}" height="${height}" fill="${escapeXml(background)}"/>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

function shapeAsSvg(shape: Shape, colours: readonly string[]): string {
  switch (shape.kind) {
    case 'box': {
      const stroke = shape.stroke === undefined ? '' : ` stroke="${escapeXml(shape.stroke)}"`;
      return `<rect ${boxOf(shape)} fill="${escapeXml(shape.fill)}"${stroke}/>`;
    }
    case 'hatched':
      return `<rect ${boxOf(shape)} fill="url(#hatch${colours.indexOf(shape.stroke)})" stroke="${escapeXml(shape.stroke)}"/>`;
    case 'line':
      return `<line x1="${round(shape.x1)}" y1="${round(shape.y1)}" x2="${round(shape.x2)}" y2="${round(shape.y2)}" stroke="${escapeXml(shape.stroke)}"/>`;
    case 'text': {
      const { x, y, text, fill, size, bold = false, anchor = 'start' } = shape;
      const weight = bold ? ' font-weight="600"' : '';
      const place = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
      return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${escapeXml(fill)}"${weight}${place}>${escapeXml(text)}</text>`;
    }
  }
}

/** The same picture as bytes in base64, at twice the size. @throws Error where the browser cannot draw it. */
export function figureAsPng({ width, height, background, font, shapes }: Figure, scale = 2): string {
  const canvas = document.createElement('canvas');
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no picture can be drawn here');
  context.scale(scale, scale);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  for (const shape of shapes) drawShape(context, shape, font);
  return canvas.toDataURL('image/png').replace(/^[^,]*,/, '');
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape, font: string): void {
  switch (shape.kind) {
    case 'box':
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
      if (shape.stroke === undefined) return;
      context.strokeStyle = shape.stroke;
      context.strokeRect(shape.x, shape.y, shape.width, shape.height);
      return;
    case 'hatched':
      drawHatched(context, shape);
      return;
    case 'line':
      context.strokeStyle = shape.stroke;
      context.beginPath();
      context.moveTo(shape.x1, shape.y1);
      context.lineTo(shape.x2, shape.y2);
      context.stroke();
      return;
    case 'text': {
      const { x, y, text, fill, size, bold = false, anchor = 'start' } = shape;
      context.font = `${bold ? '600 ' : ''}${size}px ${font}`;
      context.fillStyle = fill;
      context.textAlign = anchor === 'middle' ? 'center' : anchor;
      context.fillText(text, x, y);
    }
  }
}

function drawHatched(
  context: CanvasRenderingContext2D,
  { x, y, width, height, stroke }: Extract<Shape, { kind: 'hatched' }>,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.25;
  context.fillStyle = stroke;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  context.strokeStyle = stroke;
  context.lineWidth = 2.5;
  const apart = stripe * Math.SQRT2;
  context.beginPath();
  for (let start = x - height; start < x + width + height; start += apart) {
    context.moveTo(start, y + height);
    context.lineTo(start + height, y);
  }
  context.stroke();
  context.restore();
  context.strokeStyle = stroke;
  context.strokeRect(x, y, width, height);
}

function boxOf({ x, y, width, height }: Record<'x' | 'y' | 'width' | 'height', number>): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function round(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Also characters that XML has no place for, which a name in a file may have. */
function escapeXml(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    )
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
