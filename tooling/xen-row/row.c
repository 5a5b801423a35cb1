/*
 * Prints what a row of packages/hypervisor-xen/src/xen-version.ts says of a version of Xen, from that version's headers:
 *
 *     gcc -I HEADERS/usr/include -o row row.c && ./row      (HEADERS: an unpacked libxen-dev)
 */
#include <stddef.h>
#include <stdio.h>
#include <xenctrl.h>
#include <xen/domctl.h>
#include <libxl.h>

#define SIZE(type) printf("%-30s %-16s %zu\n", #type, "size", sizeof(type))
#define AT(type, member) printf("%-30s %-16s %zu\n", #type, #member, offsetof(type, member))

int main(void)
{
    printf("%-30s %-16s 0x%x\n", "XEN_DOMCTL_INTERFACE_VERSION", "", XEN_DOMCTL_INTERFACE_VERSION);

    SIZE(xc_domaininfo_t);
    AT(xc_domaininfo_t, flags);
    AT(xc_domaininfo_t, tot_pages);
    AT(xc_domaininfo_t, cpu_time);
    AT(xc_domaininfo_t, nr_online_vcpus);
    AT(xc_domaininfo_t, handle);

    SIZE(libxl_domain_config);

    SIZE(libxl_dominfo);
    AT(libxl_dominfo, uuid);
    AT(libxl_dominfo, domid);
    AT(libxl_dominfo, paused);
    AT(libxl_dominfo, shutdown);
    AT(libxl_dominfo, shutdown_reason);
    AT(libxl_dominfo, current_memkb);
    AT(libxl_dominfo, cpu_time);
    AT(libxl_dominfo, vcpu_online);

    SIZE(libxl_event);
    AT(libxl_event, domid);
    AT(libxl_event, type);
    AT(libxl_event, u.domain_shutdown.shutdown_reason);

    SIZE(libxl_domain_restore_params);
    AT(libxl_domain_restore_params, stream_version);
    return 0;
}
