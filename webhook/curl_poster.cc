// On libcurl's multi interface: one thread drives all transfers.
#include <curl/curl.h>
#include <fcntl.h>

#include <map>
#include <optional>
#include <string_view>
#include <thread>

#include "common/base/mutex.h"
#include "webhook/address.h"
#include "webhook/poster.h"

namespace odometer {
namespace {

constexpr size_t kMaxAnswerBytes = 64 << 10;  // head and body
constexpr int kIdleWaitMs = 1'000;

struct EasyDelete {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One request under way. Stays where it is: libcurl has its address.
struct Transfer {
  uint64_t ticket = 0;
  PostRequest request;
  bool private_addresses = false;
  std::string_view refused_address;  // its kind; empty: none was refused
  size_t answer_bytes = 0;
  char error[CURL_ERROR_SIZE] = "";
  std::unique_ptr<curl_slist, ListDelete> headers;
  std::unique_ptr<CURL, EasyDelete> easy;
};

// Called with the address that is about to be connected to.
curl_socket_t OpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(user);
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  const std::string_view kind = KindOfAddress(address->addr, static_cast<socklen_t>(address->addrlen));
  if (kind != kPublicAddress && !transfer->private_addresses) {
    transfer->refused_address = kind;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Of the head and of the body: nothing in them matters.
size_t CountBytes(char*, size_t size, size_t count, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  transfer->answer_bytes += size * count;
  return transfer->answer_bytes > kMaxAnswerBytes ? 0 : size * count;
}

Status Prepare(const CurlPosterOptions& options, Transfer* transfer) {
  transfer->private_addresses = options.private_addresses;
  transfer->easy.reset(curl_easy_init());
  if (transfer->easy == nullptr) return Status::Retry("libcurl has no handle");
  auto add_header = [transfer](const std::string& line) {
    curl_slist* longer = curl_slist_append(transfer->headers.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(transfer->headers.release());
    transfer->headers.reset(longer);
    return true;
  };
  bool added = add_header("Expect:");  // no asking first whether a body is welcome
  for (const auto& [name, value] : transfer->request.headers) added = added && add_header(name + ": " + value);
  if (!added) return Status::Retry("out of memory");

  CURL* easy = transfer->easy.get();
  CURLcode code = CURLE_OK;
  auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value);
  };
  set(CURLOPT_PRIVATE, static_cast<void*>(transfer));
  set(CURLOPT_ERRORBUFFER, transfer->error);
  set(CURLOPT_URL, transfer->request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // also whatever the environment says
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
  set(CURLOPT_POST, 1L);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->request.body.size()));
  set(CURLOPT_POSTFIELDS, transfer->request.body.data());
  set(CURLOPT_HTTPHEADER, transfer->headers.get());
  set(CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(transfer));
  set(CURLOPT_HEADERFUNCTION, CountBytes);
  set(CURLOPT_HEADERDATA, static_cast<void*>(transfer));
  set(CURLOPT_WRITEFUNCTION, CountBytes);
  set(CURLOPT_WRITEDATA, static_cast<void*>(transfer));
  return code == CURLE_OK ? Status::Ok() : Status::Retry(curl_easy_strerror(code));
}

PostResult ResultOf(const Transfer& transfer, CURLcode code) {
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  PostResult result{.ticket = transfer.ticket};
  // An answer that is longer than anybody reads is an answer all the same.
  const bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer.answer_bytes > kMaxAnswerBytes);
  if (answered && status >= 200 && status < 300) return result;
  if (answered && status > 0) {
    result.outcome = PostOutcome::kStatus;
    result.error = "status " + std::to_string(status);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    result.outcome = PostOutcome::kTimeout;
    result.error = "no answer in time";
  } else if (!transfer.refused_address.empty()) {
    result.outcome = PostOutcome::kAddress;
    result.error = "its address is not public (" + std::string(transfer.refused_address) +
                   "), and alerts.webhook.private is not set";
  } else {
    result.outcome = PostOutcome::kConnection;
    result.error = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
  }
  return result;
}

class CurlPoster final : public Poster {
 public:
  CurlPoster(const CurlPosterOptions& options, CURLM* multi)
      : options_(options), multi_(multi), thread_([this] { Run(); }) {}
  ~CurlPoster() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
    transfers_.clear();
    curl_multi_cleanup(multi_);
  }

  void Begin(uint64_t ticket, PostRequest request) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->ticket = ticket;
    transfer->request = std::move(request);
    {
      MutexLock lock(mutex_);
      waiting_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
  }

  std::vector<PostResult> Take(int wait_ms) override {
    MutexLock lock(mutex_);
    if (results_.empty() && wait_ms > 0) came_.WaitFor(mutex_, wait_ms);
    return std::exchange(results_, {});
  }

 private:
  void Run() {
    while (std::optional<std::vector<std::unique_ptr<Transfer>>> begun = TakeWaiting()) {
      for (std::unique_ptr<Transfer>& transfer : *begun) Open(std::move(transfer));
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) Close(message->easy_handle, message->data.result);
      }
      curl_multi_poll(multi_, nullptr, 0, kIdleWaitMs, nullptr);
    }
  }

  // Nothing: stop.
  std::optional<std::vector<std::unique_ptr<Transfer>>> TakeWaiting() {
    MutexLock lock(mutex_);
    if (stopping_) return std::nullopt;
    return std::exchange(waiting_, {});
  }

  void Open(std::unique_ptr<Transfer> transfer) {
    Status status = Prepare(options_, transfer.get());
    if (status.ok() && curl_multi_add_handle(multi_, transfer->easy.get()) != CURLM_OK) {
      status = Status::Retry("libcurl takes no more transfers");
    }
    if (!status.ok()) return Add({transfer->ticket, PostOutcome::kConnection, status.message()});
    transfers_[transfer->easy.get()] = std::move(transfer);
  }

  void Close(CURL* easy, CURLcode code) {
    auto found = transfers_.find(easy);
    PostResult result = ResultOf(*found->second, code);
    curl_multi_remove_handle(multi_, easy);
    transfers_.erase(found);
    Add(std::move(result));
  }

  void Add(PostResult result) {
    MutexLock lock(mutex_);
    results_.push_back(std::move(result));
    came_.NotifyAll();
  }

  const CurlPosterOptions options_;
  CURLM* const multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;  // of the thread
  Mutex mutex_;
  CondVar came_;
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Transfer>> waiting_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<PostResult> results_ ODOMETER_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Poster>> NewCurlPoster(const CurlPosterOptions& options) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = global == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) return Status::Stop("libcurl does not start");
  return std::unique_ptr<Poster>(std::make_unique<CurlPoster>(options, multi));
}

}  // namespace odometer
