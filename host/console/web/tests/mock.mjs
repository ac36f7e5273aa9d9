// `npm run mock`: the mock server by itself, on port 8787, with the pages of the last build. Sign in as lin.fei, or as root.wang.

import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('./mock-server.ts', import.meta.url).pathname);
const { module: people } = await runnerImport(new URL('./mock/people.ts', import.meta.url).pathname);
const mock = await module.startMock(Number(process.env.ALERTS ?? 120), Number(process.env.PORT ?? 8787));
console.log(
  `${mock.url}/console/  lin.fei, chen.yu, mia.hart, zhao.min, root.wang … password "${people.PASSWORD}", code ${people.CODE}`,
);
