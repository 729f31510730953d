// How jemalloc, where the program is built with it, gives memory back: within about a second, from a thread of its own.
// With its defaults what a commit or a restore has freed stays for ten seconds more, on top of what came after it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
