import { invalid } from './refusals';

/** A number as DynamoDB keeps it, exactly: up to 38 digits, times a power of ten. */
interface Decimal {
  /** Without zeros at its end. */
  readonly digits: bigint;
  readonly exponent: number;
}

const pattern = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
const precision = 38;

/** The one way to write a number: what the service stores and gives back. */
export function canonical(text: string): string {
  return written(read(text));
}

export function compareNumbers(a: string, b: string): number {
  const [left, right] = aligned(read(a), read(b));
  return left < right ? -1 : Number(left > right);
}

export function add(a: string, b: string): string {
  const [x, y] = [read(a), read(b)];
  const [left, right] = aligned(x, y);
  return written(within(reduced(left + right, Math.min(x.exponent, y.exponent))));
}

export function subtract(a: string, b: string): string {
  return add(a, b.startsWith('-') ? b.slice(1) : `-${b.replace(/^\+/, '')}`);
}

/** Bytes that a number takes in an item: one for two digits, and one more. */
export function sizeOfNumber(text: string): number {
  const { digits } = read(text);
  return Math.ceil(digitsOf(digits).length / 2) + 1;
}

function read(text: string): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = pattern.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') {
    throw invalid(text === '' ? 'The parameter cannot be converted to a numeric value' : `The parameter cannot be converted to a numeric value: ${text}`);
  }
  return within(reduced(BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`), Number(exponent) - fraction.length));
}

function reduced(digits: bigint, exponent: number): Decimal {
  if (digits === 0n) { return { digits, exponent: 0 }; }
  const zeros = /0*$/.exec(String(digits))![0].length;
  return { digits: digits / 10n ** BigInt(zeros), exponent: exponent + zeros };
}

function within(number: Decimal): Decimal {
  const magnitude = digitsOf(number.digits).length - 1 + number.exponent;
  if (number.digits !== 0n && magnitude > 125) { throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range'); }
  if (number.digits !== 0n && magnitude < -130) { throw invalid('Number underflow. Attempting to store a number with magnitude smaller than supported range'); }
  if (digitsOf(number.digits).length > precision) { throw invalid('Attempting to store more than 38 significant digits in a Number'); }
  return number;
}

function written({ digits, exponent }: Decimal): string {
  const sign = digits < 0n ? '-' : '';
  const text = digitsOf(digits);
  if (exponent >= 0) { return `${sign}${text}${'0'.repeat(exponent)}`; }
  const padded = text.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [a.digits * 10n ** BigInt(a.exponent - exponent), b.digits * 10n ** BigInt(b.exponent - exponent)];
}

const digitsOf = (digits: bigint) => String(digits).replace('-', '');
