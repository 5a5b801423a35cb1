import { HvmParamIndex } from '@mig/protocol';

/** Parameters in an image, in libxc's order. */
export const SAVED_HVM_PARAMS = [
  HvmParamIndex.STORE_PFN,
  HvmParamIndex.IOREQ_PFN,
  HvmParamIndex.BUFIOREQ_PFN,
  HvmParamIndex.PAGING_RING_PFN,
  HvmParamIndex.MONITOR_RING_PFN,
  HvmParamIndex.SHARING_RING_PFN,
  HvmParamIndex.VM86_TSS_SIZED,
  HvmParamIndex.CONSOLE_PFN,
  HvmParamIndex.ACPI_IOPORTS_LOCATION,
  HvmParamIndex.VIRIDIAN,
  HvmParamIndex.IDENT_PT,
  HvmParamIndex.VM_GENERATION_ID_ADDR,
  HvmParamIndex.IOREQ_SERVER_PFN,
  HvmParamIndex.NR_IOREQ_SERVER_PAGES,
  HvmParamIndex.X87_FIP_WIDTH,
  HvmParamIndex.MCA_CAP,
] as const;
