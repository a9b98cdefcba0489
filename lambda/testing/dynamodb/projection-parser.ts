import type { DocumentPath } from './document-path';
import { Parser } from './parser';

export class ProjectionParser extends Parser {
  parse(): readonly DocumentPath[] {
    return this.read(() => {
      const paths = this.list(() => this.path());
      this.refuseCollisions(paths);
      return paths;
    });
  }
}
