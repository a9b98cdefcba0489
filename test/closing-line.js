/** A jest reporter whose last line is the one that people and machines look for: `N passed, N failed`. */
module.exports = class ClosingLine {
  constructor(_globalConfig, options) { this.name = options.name; }

  onRunComplete(_contexts, results) {
    // a suite that could not even start failed too
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const pending = results.numPendingTests + results.numTodoTests;
    // behind jest's own summary, which always comes last otherwise
    process.once('exit', () => process.stderr.write(`\n${this.name}: ${results.numPassedTests} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`));
  }
};
