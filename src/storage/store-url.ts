import { LarderError } from '../core/errors.ts';

/** Where a store is, parsed. */
export type StoreUrl =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Without slashes at its ends; '' for the whole bucket. */
      readonly prefix: string;
      readonly endpoint: string | null;
      readonly region: string | null;
      readonly pathStyle: boolean;
    };

const forms = 'file:///absolute/path or s3://bucket/prefix?endpoint=https://…&region=…&pathStyle=true';
const s3Options = new Set(['endpoint', 'region', 'pathStyle']);
const prefixForm = /^([A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*)?$/;

function refuse(why: string): never {
  throw new LarderError('invalid-setting', `the repository URL ${why}; allowed is ${forms}`, {
    details: { setting: 'repository' },
  });
}

function parseFile(url: URL): StoreUrl {
  if (url.host !== '') refuse('names a host');
  if (url.search !== '' || url.hash !== '') refuse('has options that a folder does not take');
  const path = decodeURIComponent(url.pathname).replace(/\/+$/, '');
  if (path === '' || path.includes('\0')) refuse('names no folder');
  return { kind: 'file', path };
}

function parseS3(url: URL): StoreUrl {
  for (const name of url.searchParams.keys()) if (!s3Options.has(name)) refuse(`has the unknown option "${name}"`);
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  if (url.host === '') refuse('names no bucket');
  if (!prefixForm.test(prefix) || prefix.split('/').some((segment) => segment === '.' || segment === '..')) {
    refuse('has a prefix with other characters than letters, digits, ".", "_", "-" and "/"');
  }
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    refuse('has an endpoint that is not http(s)://');
  const style = url.searchParams.get('pathStyle');
  if (style !== null && style !== 'true' && style !== 'false') refuse('has a pathStyle that is neither true nor false');
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix,
    endpoint,
    region: url.searchParams.get('region'),
    pathStyle: style === 'true',
  };
}

/** Parses a store's URL; `invalid-setting` with the reason and the allowed forms. Credentials in the URL are refused and not repeated. */
export function parseStoreUrl(text: string): StoreUrl {
  const url = URL.parse(text);
  if (url === null) return refuse('is no URL');
  if (url.username !== '' || url.password !== '') refuse('holds credentials, which belong in the environment');
  if (url.protocol === 'file:') return parseFile(url);
  if (url.protocol === 's3:') return parseS3(url);
  return refuse(`has the unknown scheme "${url.protocol}"`);
}
