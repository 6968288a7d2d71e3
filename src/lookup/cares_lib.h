/*
 * cares_lib - c-ares, loaded when somebody is to be asked
 *
 * A run that asks nobody must not pay for it. Members are c-ares' functions,
 * less their "ares_".
 */
#ifndef LOOKUP_CARES_LIB_H
#define LOOKUP_CARES_LIB_H

#include <ares.h>
#include <stdbool.h>

#include "base/error.h"

struct cares_lib {
    __typeof__(ares_destroy) *destroy;
    __typeof__(ares_free_data) *free_data;
    __typeof__(ares_get_servers_ports) *get_servers_ports;
    __typeof__(ares_getsock) *getsock;
    __typeof__(ares_init_options) *init_options;
    __typeof__(ares_library_cleanup) *library_cleanup;
    __typeof__(ares_library_init) *library_init;
    __typeof__(ares_process_fd) *process_fd;
    __typeof__(ares_query) *query;
    __typeof__(ares_set_servers_ports) *set_servers_ports;
    __typeof__(ares_set_socket_functions) *set_socket_functions;
    __typeof__(ares_strerror) *strerror;
    __typeof__(ares_version) *version;
};

/* False with err set: it is not installed, or too old. Once loaded it stays. */
bool cares_lib_load(struct cares_lib *lib, struct error *err);

#endif
