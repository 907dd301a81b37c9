import { styleText } from 'node:util';

/** Colours text, or returns it unchanged where there is no colour. */
export interface Style {
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly notice: (text: string) => string;
}

export function createStyle(hasColour: boolean): Style {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    hasColour ? styleText(format, text, { validateStream: false }) : text;
  return {
    dim: style('dim'),
    good: style('green'),
    bad: style('red'),
    notice: style('yellow'),
  };
}
