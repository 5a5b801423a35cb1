/** HVM parameters by number (public/hvm/params.h), as far as a migration treats them specially. */
export const HvmParamIndex = {
  STORE_PFN: 1,
  STORE_EVTCHN: 2,
  PAE_ENABLED: 4,
  IOREQ_PFN: 5,
  BUFIOREQ_PFN: 6,
  CONSOLE_PFN: 17,
  CONSOLE_EVTCHN: 18,
} as const;

/**
 * Parameters in an image, in libxc's order: STORE_PFN, IOREQ_PFN, BUFIOREQ_PFN, PAGING_RING_PFN,
 * MONITOR_RING_PFN, SHARING_RING_PFN, VM86_TSS_SIZED, CONSOLE_PFN, ACPI_IOPORTS_LOCATION, VIRIDIAN,
 * IDENT_PT, VM_GENERATION_ID_ADDR, IOREQ_SERVER_PFN, NR_IOREQ_SERVER_PAGES, X87_FIP_WIDTH, MCA_CAP.
 */
export const SAVED_HVM_PARAMS = [1, 5, 6, 27, 28, 29, 37, 17, 19, 9, 12, 34, 32, 33, 36, 38] as const;
