// A component of another language than Python, which imports WASI.
export const ops = {
  compute({ left, right, operator }) {
    if (operator === 'divide' && right === 0) throw { tag: 'by-zero' };
    const value =
      operator === 'add' ? left + right : operator === 'subtract' ? left - right : Math.trunc(left / right);
    if (value !== (value | 0)) throw { tag: 'too-large', val: String(value) };
    return value;
  },
  mean(of) {
    return of.length ? of.reduce((sum, each) => sum + each, 0) / of.length : undefined;
  },
  reverse(text) {
    return [...text].reverse().join('');
  },
  bits(of) {
    return new Uint8Array([of >>> 24, (of >>> 16) & 255, (of >>> 8) & 255, of & 255]);
  },
  isLate() {
    return Date.now() > 1.6e12;
  },
};
