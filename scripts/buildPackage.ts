/** `npm run package:build`: writes the npm package into `dist/candlelake`, for `npm pack`. */
import { PACKAGE_OUTPUT, writePackage } from './package/writePackage.ts';

await writePackage(PACKAGE_OUTPUT);
console.log('dist/candlelake is written; "npm pack ./dist/candlelake" packs it');
