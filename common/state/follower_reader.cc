#include "common/state/follower_reader.h"

#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/state/local_reader.h"
#include "common/state/state_layout.h"
#include "common/store/rocks_store.h"

namespace odometer {
namespace {

// The processor may remove a file just when it is being opened; then the next attempt sees newer ones.
constexpr int kOpenAttempts = 3;

class SecondaryFollowerReader final : public FollowerReader {
 public:
  SecondaryFollowerReader(FollowerReaderOptions options, const Clock* clock)
      : options_(std::move(options)), layout_(options_.tiers), clock_(*clock) {}

  Result<StatePosition> Position() override {
    return Ask<StatePosition>([](StateReader* reader) { return reader->Position(); });
  }
  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    return Ask<WindowsAnswer>([&](StateReader* reader) { return reader->ReadWindows(selector, range); });
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    return Ask<SeriesPage>([&](StateReader* reader) { return reader->ReadTotals(selector, after, limit); });
  }

  void CloseIfIdle() override {
    std::unique_ptr<Database> closing;  // outside of the lock: it takes a while
    MutexLock lock(mutex_);
    if (readers_ > 0 || changing_ || !database_) return;
    closing = std::move(database_);
    refreshed_ms_.reset();
    LogInfo("state", "the processor answers again, database closed path={}", options_.database_path);
  }

  bool IsOpen() const override {
    MutexLock lock(mutex_);
    return database_ != nullptr;
  }

 private:
  struct Database {
    std::unique_ptr<SecondaryStore> store;
    std::unique_ptr<StateReader> reader;
  };

  // Holds the database as it is.
  class Pin {
   public:
    explicit Pin(SecondaryFollowerReader* owner) : owner_(owner), status_(owner->Enter(&reader_)) {}
    ~Pin() {
      if (status_.ok()) owner_->Leave();
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    const Status& status() const { return status_; }
    StateReader* reader() const { return reader_; }

   private:
    SecondaryFollowerReader* const owner_;
    StateReader* reader_ = nullptr;
    const Status status_;
  };

  template <typename Answer, typename Question>
  Result<Answer> Ask(Question question) {
    {
      Pin pin(this);
      ODOMETER_RETURN_IF_ERROR(pin.status());
      Result<Answer> answer = question(pin.reader());
      if (!answer.status().Is(ErrorKind::kStop)) return answer;
      LogWarn("state", "reading the database failed, opening it anew reason=\"{}\"", answer.status().message());
    }
    // A file that the processor has removed meanwhile looks like damage, and is gone from a database opened anew.
    CloseIfIdle();
    Pin pin(this);
    ODOMETER_RETURN_IF_ERROR(pin.status());
    return question(pin.reader());
  }

  Status Enter(StateReader** reader) {
    std::unique_ptr<Database> database;
    {
      MutexLock lock(mutex_);
      while (changing_) changed_.Wait(mutex_);
      if (refreshed_ms_ && clock_.SteadyMs() - *refreshed_ms_ < options_.catch_up_ms) return Admit(reader);
      changing_ = true;
      while (readers_ > 0) changed_.Wait(mutex_);
      database = std::move(database_);
    }
    Status status = Refresh(&database);
    MutexLock lock(mutex_);
    database_ = std::move(database);
    refresh_status_ = std::move(status);
    refreshed_ms_ = clock_.SteadyMs();
    changing_ = false;
    changed_.NotifyAll();
    return Admit(reader);
  }

  // A failure is remembered as long as a success, so that many queries do not all try to open what is not there.
  Status Admit(StateReader** reader) ODOMETER_REQUIRES(mutex_) {
    ODOMETER_RETURN_IF_ERROR(refresh_status_);
    ++readers_;
    *reader = database_->reader.get();
    return Status::Ok();
  }

  void Leave() {
    MutexLock lock(mutex_);
    if (--readers_ == 0) changed_.NotifyAll();
  }

  // Without a database when it fails.
  Status Refresh(std::unique_ptr<Database>* database) const {
    try {
      return OpenOrCatchUp(database);
    } catch (const std::exception& error) {
      database->reset();
      return Status::Retry(std::string("following the database failed: ") + error.what());
    }
  }

  Status OpenOrCatchUp(std::unique_ptr<Database>* database) const {
    if (*database) {
      Status caught_up = (*database)->store->CatchUp();
      if (caught_up.ok()) return caught_up;
      LogWarn("state", "following the database failed, opening it anew reason=\"{}\"", caught_up.message());
      database->reset();
    }
    Status status;
    for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
      Result<std::unique_ptr<SecondaryStore>> store =
          OpenRocksSecondary(options_.database_path, options_.log_path, layout_.families);
      status = store.status();
      if (!status.ok()) continue;
      *database = std::make_unique<Database>();
      (*database)->reader = NewLocalReader(store->get(), layout_);
      (*database)->store = std::move(*store);
      LogInfo("state", "the processor is away, answering from its database path={}", options_.database_path);
      break;
    }
    return status;
  }

  const FollowerReaderOptions options_;
  const StateLayout layout_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  // Nobody reads while somebody opens, closes or catches up, and the other way round.
  bool changing_ ODOMETER_GUARDED_BY(mutex_) = false;
  int readers_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Database> database_ ODOMETER_GUARDED_BY(mutex_);
  std::optional<int64_t> refreshed_ms_ ODOMETER_GUARDED_BY(mutex_);
  Status refresh_status_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<FollowerReader> NewFollowerReader(FollowerReaderOptions options, const Clock* clock) {
  return std::make_unique<SecondaryFollowerReader>(std::move(options), clock);
}

}  // namespace odometer
