import fc from 'fast-check';
import { add, canonical, compareNumbers, sizeOfNumber, subtract } from '../../../../lambda/testing/dynamodb/decimal';

// of at most 18 digits, so that no result has more than 38
const units = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const hundredths = (value: bigint) => `${value < 0n ? '-' : ''}${String(value).replace('-', '').padStart(3, '0').replace(/(..)$/, '.$1')}`;

test('adds, subtracts and compares as whole numbers of the smallest unit do', () => {
  fc.assert(fc.property(units, units, (a, b) => {
    expect(add(hundredths(a), hundredths(b))).toBe(canonical(hundredths(a + b)));
    expect(subtract(hundredths(a), hundredths(b))).toBe(canonical(hundredths(a - b)));
    expect(compareNumbers(hundredths(a), hundredths(b))).toBe(a < b ? -1 : Number(a > b));
  }));
});

test('spells a number in one way, which it keeps', () => {
  fc.assert(fc.property(units, fc.integer({ min: -60, max: 60 }), (digits, exponent) => {
    const text = canonical(`${digits}e${exponent}`);

    expect(text).not.toMatch(/^-?0\d|\.\d*0$|e|^-0$/i);
    expect(canonical(text)).toBe(text);
    expect(compareNumbers(text, `${digits}0e${exponent - 1}`)).toBe(0);
  }));
});

test('knows numbers from the smallest to the largest', () => {
  expect(add('9.9999999999999999999999999999999999999e125', '0')).toBe(`99999999999999999999999999999999999999${'0'.repeat(88)}`);
  expect(canonical('1e-130')).toBe(`0.${'0'.repeat(129)}1`);
  expect(() => add('9e125', '9e125')).toThrow('Number overflow');
  expect(() => add('1e20', '1e-20')).toThrow('more than 38 significant digits');
});

test.each([['0', 2], ['7', 2], ['123', 3], ['-12.50', 3], ['1e100', 2]])('counts %s as %d bytes', (number, bytes) => {
  expect(sizeOfNumber(number)).toBe(bytes);
});
