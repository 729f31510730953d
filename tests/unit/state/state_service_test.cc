// Service and client over a real socket.
#include "common/state/state_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <thread>

#include "common/base/clock.h"
#include "common/state/state_client.h"
#include "common/state/state_protocol.h"
#include "common/state/unix_socket.h"
#include "tests/unit/state/fake_state_reader.h"
#include "tests/unit/state/state_writer.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

using testing::HasSubstr;

constexpr int kEnoughMs = 60'000;  // for what is sure to happen; never waited for

class StateServiceTest : public testing::Test {
 protected:
  std::unique_ptr<StateService> NewService(StateServiceOptions options) {
    options.socket_path = path_;
    return NewStateService(options, &reader_);
  }
  std::unique_ptr<StateService> Started(StateServiceOptions options = {}) {
    auto service = NewService(options);
    Status started = service->Start();
    EXPECT_TRUE(started.ok()) << started.ToString();
    return service;
  }
  std::unique_ptr<StateReader> Client(int timeout_ms = kEnoughMs) {
    return NewStateClient({.socket_path = path_, .timeout_ms = timeout_ms});
  }
  FileDescriptor Connect() {
    auto fd = ConnectUnix(path_);
    EXPECT_TRUE(fd.ok()) << fd.status().ToString();
    return fd.ok() ? std::move(*fd) : FileDescriptor();
  }
  static void Send(const FileDescriptor& fd, std::string_view bytes) {
    EXPECT_TRUE(SendAll(fd.get(), bytes, SystemClock().SteadyMs() + kEnoughMs).ok());
  }
  // The service's word for it, or "closed".
  static std::string Answer(const FileDescriptor& fd, uint64_t id = 0) {
    auto body = ReceiveFrame(fd.get(), kMaxAnswerFrameBytes, SystemClock().SteadyMs() + kEnoughMs, kEnoughMs);
    if (!body.ok()) return "closed";
    StatePosition position;
    Status status = DecodeAnswer(*body, id, &position);
    return status.ok() ? Text(position) : status.ToString();
  }
  static std::string Frame(std::string_view body) {
    std::string frame("\0\0\0\0", 4);
    frame[2] = static_cast<char>(body.size() >> 8);
    frame[3] = static_cast<char>(body.size());
    return frame.append(body);
  }

  TempFolder folder_;
  std::string path_ = folder_.path() + "/state.sock";
  FakeStateReader reader_;
};

TEST_F(StateServiceTest, CarriesEveryCall) {
  auto service = Started();
  auto client = Client();
  EXPECT_EQ(Text(client->Position().value()), "of 1: 0@42");
  auto windows = client->ReadWindows({.name = "hits"}, {.from_ms = 17});
  EXPECT_EQ(Text(windows), "0:1/4");
  EXPECT_EQ(windows->complete_from_ms, 17);
  auto page = client->ReadTotals({.org = "acme"}, "cursor", 3);
  EXPECT_EQ(page->totals.size(), 3u);
  EXPECT_EQ(page->totals[0].series.org, "acme");
  EXPECT_EQ(page->next_after, "cursor");
  auto cardinality = client->View({}).value()->ReadCardinality("acme", 17);
  EXPECT_EQ(cardinality->orgs.at(0), (Cardinality::Row{"acme", "", 17}));
  EXPECT_EQ(client->View({}).value()->ReadCardinality(std::nullopt, 1)->orgs.at(0).org, "o");
  auto events = client->View({}).value()->ReadEvents({.org = "acme", .name = "-n", .from_ms = 17, .limit = 1});
  EXPECT_EQ(events->bodies, "acme-n");
  EXPECT_EQ(events->retained_from_ms, 17);
}

TEST_F(StateServiceTest, CarriesLargeAnswers) {
  auto service = Started();
  auto page = Client()->ReadTotals({.org = std::string(500, 'o')}, "", 20'000);  // 10 MB
  ASSERT_TRUE(page.ok()) << page.status().ToString();
  EXPECT_EQ(page->totals.size(), 20'000u);
}

TEST_F(StateServiceTest, CarriesTheReadersErrors) {
  reader_.read_error = Status::Invalid("no such tier");
  auto service = Started();
  auto client = Client();
  EXPECT_EQ(client->ReadWindows({}, {}).status().ToString(), "invalid: no such tier");
  EXPECT_EQ(client->ReadTotals({}, "", 1).status().ToString(), "invalid: no such tier");
  reader_.error = Status::Stop("damaged");
  EXPECT_EQ(client->Position().status().ToString(), "stop: damaged");
}

TEST_F(StateServiceTest, TheProcessorFillsInWhatItKnows) {
  auto service = NewStateService({.socket_path = path_}, &reader_,
                                 [](StatePosition* position) { position->tasks[0].log_end_offset = 99; });
  ASSERT_TRUE(service->Start().ok());
  EXPECT_EQ(Client()->Position()->tasks[0].log_end_offset, 99);
}

TEST_F(StateServiceTest, AViewLivesAsLongAsItsHolderWantsIt) {
  auto service = Started();
  auto client = Client();
  {
    auto first = client->View({}).value();
    auto second = client->View({}).value();
    EXPECT_EQ(reader_.views, 2);
    for (int64_t from : {1, 2}) {
      EXPECT_EQ(first->ReadWindows({}, {.from_ms = from})->complete_from_ms, from);
      EXPECT_EQ(second->ReadWindows({}, {.from_ms = -from})->complete_from_ms, -from);
    }
  }
  while (reader_.views > 0) std::this_thread::yield();
  EXPECT_EQ(client->Position()->tasks.size(), 1u);
  EXPECT_EQ(reader_.calls, 3);
}

TEST_F(StateServiceTest, TheReaderIsToldHowLongAViewIsWanted) {
  auto service = Started();
  SystemClock clock;
  auto client = Client();
  auto view = client->View(Deadline(&clock, clock.SteadyMs() + 50'000));
  ASSERT_TRUE(view.ok());
  EXPECT_GT(reader_.left_ms, 0);
  EXPECT_LE(reader_.left_ms, 50'000);
  EXPECT_TRUE(Client()->View(Deadline(&clock, clock.SteadyMs())).status().Is(ErrorKind::kRetry));
  EXPECT_EQ(reader_.calls, 1);
}

TEST_F(StateServiceTest, AViewThatNobodyReleasesEndsWithItsTime) {
  auto service = Started();
  FileDescriptor fd = Connect();
  Send(fd, EncodeRequestFrame({.id = 7, .what = ViewRequest{.patience_ms = 50}}));
  EXPECT_EQ(Answer(fd, 7), "of 1: 0@42");
  EXPECT_EQ(Answer(fd, 8), "closed");
  while (reader_.views > 0) std::this_thread::yield();
}

TEST_F(StateServiceTest, AReadWithoutAViewIsRefused) {
  auto service = Started();
  FileDescriptor fd = Connect();
  Send(fd, EncodeRequestFrame({.id = 1, .what = WindowsRequest{}}));
  EXPECT_EQ(Answer(fd, 1), "invalid: the connection has no view");
  Send(fd, EncodeRequestFrame({.id = 2, .what = ViewRequest{.patience_ms = kEnoughMs}}) +
               EncodeRequestFrame({.id = 0, .what = ReleaseRequest{}}) +
               EncodeRequestFrame({.id = 3, .what = TotalsRequest{}}));
  EXPECT_EQ(Answer(fd, 2), "of 1: 0@42");
  EXPECT_EQ(Answer(fd, 3), "invalid: the connection has no view");
}

TEST_F(StateServiceTest, AViewIsLostWithItsService) {
  auto service = Started();
  auto client = Client();
  auto view = client->View({}).value();
  service.reset();
  EXPECT_TRUE(view->ReadWindows({}, {}).status().Is(ErrorKind::kRetry));
  service = Started();
  EXPECT_TRUE(view->ReadWindows({}, {}).status().Is(ErrorKind::kRetry));
  view.reset();
  EXPECT_TRUE(client->ReadWindows({}, {}).ok());
}

TEST_F(StateServiceTest, AnswersManyThreads) {
  auto service = Started();
  auto client = Client();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const int64_t from = t * 1'000 + i;
        auto answer = client->ReadWindows({}, {.from_ms = from});
        ASSERT_TRUE(answer.ok()) << answer.status().ToString();
        EXPECT_EQ(answer->complete_from_ms, from);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(reader_.calls, 1'600);
}

TEST_F(StateServiceTest, OnlyTheOwnerMayConnect) {
  auto service = Started();
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(StateServiceTest, PathsLongerThanASocketAddressWork) {
  path_ = folder_.path();
  for (int i = 0; i < 5; ++i) path_ += "/a-folder-with-quite-a-long-name-" + std::to_string(i);
  std::filesystem::create_directories(path_);
  path_ += "/state.sock";
  ASSERT_GT(path_.size(), 150u);
  auto service = Started();
  EXPECT_TRUE(Client()->Position().ok());
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  service->Stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StateServiceTest, ReplacesAStaleSocketFile) {
  ASSERT_TRUE(ListenUnix(path_).ok());  // closed at once, its file stays
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(Client()->Position().status().Is(ErrorKind::kRetry));
  auto service = Started();
  EXPECT_TRUE(Client()->Position().ok());
}

TEST_F(StateServiceTest, DoesNotReplaceAnythingElse) {
  std::ofstream(path_) << "precious";
  Status status = NewService({})->Start();
  EXPECT_TRUE(status.Is(ErrorKind::kStop));
  EXPECT_THAT(status.message(), HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(StateServiceTest, CannotListenWithoutAFolder) {
  path_ = folder_.path() + "/none/state.sock";
  EXPECT_TRUE(NewService({})->Start().Is(ErrorKind::kStop));
}

TEST_F(StateServiceTest, StopsAndStartsAgainAndAgain) {
  auto service = NewService({});
  service->Stop();
  auto client = Client();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client->Position().status().Is(ErrorKind::kRetry));
    ASSERT_TRUE(service->Start().ok());
    ASSERT_TRUE(service->Start().ok());
    EXPECT_TRUE(client->Position().ok());
    service->Stop();
    service->Stop();
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
}

TEST_F(StateServiceTest, AClientFindsTheNextService) {
  auto client = Client();
  auto service = Started();
  EXPECT_TRUE(client->Position().ok());
  service.reset();
  service = Started();
  EXPECT_TRUE(client->Position().ok());
}

TEST_F(StateServiceTest, RefusesConnectionsOverItsLimitWithAReason) {
  auto service = Started({.max_connections = 1});
  FileDescriptor first = Connect();
  Send(first, EncodeRequestFrame({.id = 7, .what = ViewRequest{.patience_ms = kEnoughMs}}));
  EXPECT_EQ(Answer(first, 7), "of 1: 0@42");
  FileDescriptor second = Connect();
  EXPECT_EQ(Answer(second), "retry: the state service has its 1 connections");
  EXPECT_EQ(Answer(second), "closed");
  EXPECT_TRUE(Client()->Position().status().Is(ErrorKind::kRetry));
}

TEST_F(StateServiceTest, MalformedRequestsAreToldAndEndTheConnection) {
  auto service = Started();
  const struct {
    std::string bytes;
    std::string answer;
  } cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", "a frame of 1195725856 bytes"},
      {std::string("\x00\x10\x00\x01", 4), "a frame of 1048577 bytes"},
      {Frame(""), "shorter than its head"},
      {Frame("\x01\x01"), "shorter than its head"},
      {Frame(std::string("\x09\x01\0\0\0\0\0\0\0\x05", 10)), "version 9"},
      {Frame(std::string("\x01\x63\0\0\0\0\0\0\0\x05", 10)), "unknown call 99"},
      {Frame(std::string("\x01\x02\0\0\0\0\0\0\0\x05", 10)), "malformed"},
      {Frame(std::string("\x01\x01\0\0\0\0\0\0\0\x05", 10)), "malformed"},
      {Frame(std::string("\x01\x01\0\0\0\0\0\0\0\x05\x01x", 12)), "malformed"},
  };
  for (const auto& bad : cases) {
    FileDescriptor fd = Connect();
    Send(fd, bad.bytes);
    EXPECT_THAT(Answer(fd, 5), HasSubstr(bad.answer));
    EXPECT_EQ(Answer(fd, 5), "closed");
  }
  EXPECT_TRUE(Client()->Position().ok());
  EXPECT_EQ(reader_.calls, 1);
}

TEST_F(StateServiceTest, HalfARequestIsGivenUp) {
  auto service = Started({.io_timeout_ms = 1});
  const std::string frame = EncodeRequestFrame({.id = 7, .what = ViewRequest{.patience_ms = kEnoughMs}});
  for (size_t size : {size_t{1}, size_t{4}, frame.size() - 1}) {
    FileDescriptor fd = Connect();
    Send(fd, frame.substr(0, size));
    EXPECT_EQ(Answer(fd), "closed") << size;
  }
  EXPECT_EQ(reader_.calls, 0);
}

TEST_F(StateServiceTest, ASilentConnectionIsKept) {
  auto service = Started({.io_timeout_ms = 1});
  FileDescriptor silent = Connect();
  for (int i = 0; i < 3; ++i) {
    FileDescriptor other = Connect();  // when its time is over, so would be the silent one's
    Send(other, "x");
    EXPECT_EQ(Answer(other), "closed");
  }
  Send(silent, EncodeRequestFrame({.id = 7, .what = ViewRequest{.patience_ms = kEnoughMs}}));
  EXPECT_EQ(Answer(silent, 7), "of 1: 0@42");
}

TEST_F(StateServiceTest, AClientThatDoesNotReadIsGivenUp) {
  auto service = Started({.io_timeout_ms = 1});
  FileDescriptor fd = Connect();
  Send(fd, EncodeRequestFrame({.id = 6, .what = ViewRequest{.patience_ms = kEnoughMs}}));
  EXPECT_EQ(Answer(fd, 6), "of 1: 0@42");
  Send(fd, EncodeRequestFrame({.id = 7, .what = TotalsRequest{{.org = std::string(500, 'o')}, "", 20'000}}));
  // The service closes, although most of its 10 MB were never taken.
  pollfd closed{.fd = fd.get(), .events = POLLRDHUP, .revents = 0};
  ASSERT_EQ(poll(&closed, 1, kEnoughMs), 1);
  EXPECT_EQ(Answer(fd, 7), "closed");
}

TEST_F(StateServiceTest, RequestsMayFollowEachOtherWithoutWaiting) {
  auto service = Started();
  FileDescriptor fd = Connect();
  Send(fd, EncodeRequestFrame({.id = 1, .what = ViewRequest{.patience_ms = kEnoughMs}}) +
               EncodeRequestFrame({.id = 2, .what = ViewRequest{.patience_ms = kEnoughMs}}));
  EXPECT_EQ(Answer(fd, 1), "of 1: 0@42");
  EXPECT_EQ(Answer(fd, 2), "of 1: 0@42");
}

TEST_F(StateServiceTest, StopWaitsForTheAnswerThatIsBeingMade) {
  std::promise<void> asked, go_on;
  reader_.before_answer = [&] {
    asked.set_value();
    go_on.get_future().wait();
  };
  auto service = Started();
  FileDescriptor fd = Connect();
  Send(fd, EncodeRequestFrame({.id = 1, .what = ViewRequest{.patience_ms = kEnoughMs}}));
  asked.get_future().wait();
  std::thread stopper([&] { service->Stop(); });
  go_on.set_value();
  stopper.join();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StateServiceTest, AClientWaitsNoLongerThanItsTimeout) {
  std::promise<void> go_on;
  auto released = go_on.get_future().share();
  reader_.before_answer = [&] { released.wait(); };
  auto service = Started();
  EXPECT_TRUE(Client(/*timeout_ms=*/10)->Position().status().Is(ErrorKind::kRetry));
  go_on.set_value();
  EXPECT_TRUE(Client()->Position().ok());
}

TEST_F(StateServiceTest, AServerThatTalksNonsenseIsARetry) {
  auto listener = ListenUnix(path_);
  ASSERT_TRUE(listener.ok());
  for (const std::string& nonsense : {std::string("\xff\xff\xff\xff", 4), Frame("nonsense"), std::string("\0", 1)}) {
    auto answer = std::async(std::launch::async, [&] { return Client()->Position().status(); });
    int fd = -1;
    while (fd < 0) fd = accept(listener->get(), nullptr, nullptr);
    {
      FileDescriptor connection(fd);
      Send(connection, nonsense);
    }
    EXPECT_TRUE(answer.get().Is(ErrorKind::kRetry));
  }
}

}  // namespace
}  // namespace odometer
