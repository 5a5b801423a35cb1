/*
 * The plainest program that moves the same octets: one process writes its mapping of a memory file to a unix socket, 4 MiB a
 * system call, and another reads them into its mapping of a fresh one. Prints the seconds from the first write to the last
 * read.
 *
 * usage: plain-copy FILE OCTETS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static const size_t PIECE = 4 << 20;

static void check(int well, const char *what)
{
    if (well) return;
    perror(what);
    exit(1);
}

static char *map(int file, size_t length, int protection)
{
    char *address = mmap(NULL, length, protection, MAP_SHARED, file, 0);
    check(address != MAP_FAILED, "mmap");
    return address;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    size_t length = strtoull(arguments[2], NULL, 10);
    int source = open(arguments[1], O_RDONLY);
    check(source >= 0, arguments[1]);
    char *from = map(source, length, PROT_READ);
    int target = memfd_create("plain copy", MFD_CLOEXEC);
    check(target >= 0 && ftruncate(target, length) == 0, "memfd_create");
    char *to = map(target, length, PROT_READ | PROT_WRITE);
    int ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");

    double began = now();
    pid_t writer = fork();
    check(writer >= 0, "fork");
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        for (size_t at = 0; at < length;) {
            ssize_t moved = write(ends[1], from + at, length - at < PIECE ? length - at : PIECE);
            check(moved > 0, "write");
            at += moved;
        }
        _exit(0);
    }
    close(ends[1]);
    for (size_t at = 0; at < length;) {
        ssize_t moved = read(ends[0], to + at, length - at < PIECE ? length - at : PIECE);
        check(moved > 0, "read");
        at += moved;
    }
    printf("%.6f\n", now() - began);
    waitpid(writer, NULL, 0);
    return 0;
}
