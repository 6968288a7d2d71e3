/*
 * siblings - where rotation may have put a log
 *
 * Beside /var/log/maillog: maillog.1, maillog.0.gz, maillog.old,
 * maillog-20130310.xz, maillog-2013-03-10-04, maillog.gz; and where the log's
 * name has an extension, as mail.log has, also mail-20130310.log and
 * mail.1.log.gz. So each word behind the name, after "." or "-", begins with
 * a digit, or is "old", "bak", "prev" or a packer's: mail.info and mail.err
 * beside /var/log/mail are other logs, and have the same lines as that one.
 * Which of the siblings is which log, its content tells (input/known).
 */
#ifndef INPUT_SIBLINGS_H
#define INPUT_SIBLINGS_H

#include <stddef.h>

/*
 * siblings_list - paths of regular files beside path, oldest first as far as
 * their names tell: by the number of turns, then by date
 *
 * path itself is not among them. Returns how many; *list and its texts are
 * the caller's to free with siblings_free(). A folder that cannot be read has
 * none.
 */
size_t siblings_list(const char *path, char ***list);
void siblings_free(char **list, size_t count); /* NULL texts are allowed */

#endif
