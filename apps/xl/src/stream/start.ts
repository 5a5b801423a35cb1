/** At which layer the octets begin. */
export type Start = 'xl' | 'libxl' | 'libxc';
