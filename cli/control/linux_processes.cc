#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <utility>

#include "cli/control/processes.h"
#include "common/base/file_descriptor.h"
#include "common/base/text_file.h"

namespace odometer::cli {
namespace {

constexpr int kCannotRun = 127;  // as a shell's
constexpr int kThreadsGoneTries = 200;
constexpr std::chrono::milliseconds kThreadsGonePause(5);

Status Failed(const std::string& what) { return Status::Stop(what + ": " + std::strerror(errno)); }

// The child between fork and the command. Only what is safe after a fork: no allocation.
[[noreturn]] void RunChild(char* const* argv, const char* failure, int go, int input, int log) {
  setsid();
  char recorded = 0;
  if (read(go, &recorded, 1) != 1) _exit(kCannotRun);
  if (dup2(input, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(kCannotRun);
  closefrom(STDERR_FILENO + 1);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM}) signal(number, SIG_DFL);
  execv(argv[0], argv);
  static_cast<void>(write(STDERR_FILENO, failure, std::strlen(failure)) < 0);
  _exit(kCannotRun);
}

class LinuxProcesses final : public Processes {
 public:
  LinuxProcesses() {
    if (Result<std::string> boot = ReadTextFile("/proc/sys/kernel/random/boot_id"); boot.ok()) boot_ = std::move(*boot);
    std::erase(boot_, '\n');
  }

  std::optional<ProcessId> Find(pid_t pid) const override {
    const Result<std::string> text = ReadTextFile("/proc/" + std::to_string(pid) + "/stat");
    if (!text.ok()) return std::nullopt;
    const std::optional<ProcessStat> stat = ParseProcessStat(*text);
    if (!stat || stat->ended) return std::nullopt;
    return ProcessId{pid, stat->start_ticks, boot_};
  }

  int64_t AgeMs(const ProcessId& id) const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    const auto started_ms = static_cast<int64_t>(id.start_ticks * 1'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
    return std::max<int64_t>(0, now.tv_sec * 1'000 + now.tv_nsec / 1'000'000 - started_ms);
  }

  Result<ProcessId> Spawn(const Command& command,
                          const std::function<Status(const ProcessId&)>& record) override {
    std::vector<std::string> words{command.binary};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string failure = "odometer: " + command.binary + " cannot be run\n";

    const FileDescriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!input.valid()) return Failed("/dev/null cannot be opened");
    const FileDescriptor log(open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!log.valid()) return Failed(command.log + " cannot be written");
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return Failed("no socket");
    FileDescriptor go(ends[0]);
    FileDescriptor tell(ends[1]);

    const pid_t pid = fork();
    if (pid < 0) return Failed("no process can be started");
    if (pid == 0) {
      close(tell.get());  // or it would wait for itself
      RunChild(argv.data(), failure.c_str(), go.get(), input.get(), log.get());
    }
    go.Close();
    const std::optional<ProcessId> id = Find(pid);
    Status status = id ? record(*id) : Status::Stop("the process was ended before it began");
    const char recorded = 1;
    if (status.ok() && send(tell.get(), &recorded, 1, MSG_NOSIGNAL) != 1) {
      status = Failed("the process cannot be told to begin");
    }
    tell.Close();  // without the byte the child ends
    if (status.ok()) return *id;
    waitpid(pid, nullptr, 0);
    return status;
  }

  Status Signal(const ProcessId& id, int signal) override {
    // Whatever becomes of the pid after the check, the descriptor stays that of the process that was checked. Kernels
    // before 5.3, and sandboxes that keep the call from us, have none: then the check is all there is. By system calls,
    // because glibc 2.36 declares its functions for C alone.
    const FileDescriptor process(static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0)));
    if (!Lives(id)) return Status::NotFound("it has ended");
    const long sent = process.valid() ? syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0)
                                      : kill(id.pid, signal);
    if (sent == 0) return Status::Ok();
    return errno == ESRCH ? Status::NotFound("it has ended") : Failed("it cannot be signalled");
  }

  std::optional<int> ExitCode(const ProcessId& id) override {
    const auto key = std::make_pair(id.pid, id.start_ticks);
    if (const auto known = exit_codes_.find(key); known != exit_codes_.end()) return known->second;
    int status = 0;
    // One that has ended cannot be waited for until the last of its threads is gone, a moment later.
    pid_t ended = waitpid(id.pid, &status, WNOHANG);
    for (int i = 0; ended == 0 && !Lives(id) && i < kThreadsGoneTries; ++i) {
      std::this_thread::sleep_for(kThreadsGonePause);
      ended = waitpid(id.pid, &status, WNOHANG);
    }
    if (ended != id.pid) return std::nullopt;
    return exit_codes_[key] = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  std::string boot_ = "-";
  std::map<std::pair<pid_t, uint64_t>, int> exit_codes_;
};

}  // namespace

std::unique_ptr<Processes> NewLinuxProcesses() { return std::make_unique<LinuxProcesses>(); }

}  // namespace odometer::cli
