// node-postgres against the gateway: prints one JSON object of what each scenario saw.
'use strict';
const { Client, Pool } = require(process.env.PG_MODULE);
const config = { host: '127.0.0.1', port: Number(process.argv[2]), user: 'postgres', database: 'app' };

async function withClient(use) {
  const client = new Client(config);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const scenarios = {
  async readsItsWrites() {
    return withClient(async (client) => {
      let stale = 0;
      for (let n = 1; n <= 50; n++) {
        await client.query('UPDATE t SET v = $1 WHERE k = 1', [n]);
        const { rows } = await client.query('SELECT v FROM t WHERE k = 1');
        if (rows[0].v !== n) stale++;
      }
      return stale;
    });
  },
  async namedStatements() {
    return withClient(async (client) => {
      const seen = [];
      for (let n = 0; n < 20; n++) {
        const query = { name: 'double', text: 'SELECT $1::int * 2 AS d', values: [n] };
        seen.push((await client.query(query)).rows[0].d);
      }
      return seen;
    });
  },
  async transaction() {
    return withClient(async (client) => {
      await client.query('BEGIN');
      await client.query('UPDATE t SET v = 777 WHERE k = 2');
      await client.query('ROLLBACK');
      return (await client.query('SELECT v FROM t WHERE k = 2')).rows[0].v;
    });
  },
  async errorThenGoesOn() {
    return withClient(async (client) => {
      const code = await client.query('SELECT 1/0').then(() => 'none', (error) => error.code);
      return [code, (await client.query('SELECT 1 AS one')).rows[0].one];
    });
  },
  async pool() {
    const pool = new Pool({ ...config, max: 5 });
    const work = Array.from({ length: 100 }, () => pool.query('UPDATE t SET v = v + 1 WHERE k = 3'));
    await Promise.all(work);
    const { rows } = await pool.query('SELECT v FROM t WHERE k = 3');
    await pool.end();
    return rows[0].v;
  },
  async queuedQueries() {
    return withClient(async (client) => {
      const queries = Array.from({ length: 200 }, (_, n) => client.query('SELECT $1::int AS n', [n]));
      return (await Promise.all(queries)).every((result, n) => result.rows[0].n === n);
    });
  },
  async notifications() {
    return withClient(async (client) => {
      const heard = new Promise((resolve) => client.on('notification', (m) => resolve(m.payload)));
      await client.query('LISTEN tide');
      await withClient((other) => other.query("NOTIFY tide, 'low'"));
      return heard;
    });
  },
};

(async () => {
  const seen = {};
  for (const [name, scenario] of Object.entries(scenarios)) seen[name] = await scenario();
  console.log(JSON.stringify(seen));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
