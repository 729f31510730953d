#include "common/state/follower_reader.h"

#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/state/local_reader.h"
#include "common/state/series_selection.h"
#include "common/state/state_layout.h"
#include "common/store/rocks_store.h"

namespace odometer {
namespace {

// The processor may remove a file just when it is being opened; then the next attempt sees newer ones.
constexpr int kOpenAttempts = 3;

// How often a reader that waits looks whether its deadline has passed.
constexpr int64_t kLookEveryMs = 50;

class SecondaryFollowerReader final : public FollowerReader {
 public:
  SecondaryFollowerReader(FollowerReaderOptions options, const Clock* clock)
      : options_(std::move(options)), layout_(options_.tiers, options_.events_retention_ms), clock_(*clock) {}

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    Result<std::unique_ptr<StateView>> view = ViewOnce(deadline);
    // kRetry: the database looked damaged, and is opened anew for the next view.
    return view.status().Is(ErrorKind::kRetry) && Suspected() ? ViewOnce(deadline) : std::move(view);
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
    explicit Pin(SecondaryFollowerReader* owner) : owner_(owner) {}
    ~Pin() {
      if (entered_) owner_->Leave();
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
    Status Enter(const Deadline& deadline) {
      Status status = owner_->Enter(deadline, &reader_);
      entered_ = status.ok();
      return status;
    }
    StateReader* reader() const { return reader_; }

   private:
    SecondaryFollowerReader* const owner_;
    StateReader* reader_ = nullptr;
    bool entered_ = false;
  };

  class PinnedView final : public StateView {
   public:
    PinnedView(SecondaryFollowerReader* owner, std::unique_ptr<Pin> pin, std::unique_ptr<StateView> view)
        : StateView(view->position()), owner_(*owner), pin_(std::move(pin)), view_(std::move(view)) {}

    Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
      return owner_.Judge(view_->ReadWindows(selector, range));
    }
    Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
      return owner_.Judge(view_->ReadTotals(selector, after, limit));
    }
    Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
      return owner_.Judge(view_->ReadCardinality(org, limit));
    }
    Result<EventsPage> ReadEvents(const EventsQuery& query) override { return owner_.Judge(view_->ReadEvents(query)); }

   private:
    SecondaryFollowerReader& owner_;
    const std::unique_ptr<Pin> pin_;
    const std::unique_ptr<StateView> view_;  // ends before the pin
  };

  Result<std::unique_ptr<StateView>> ViewOnce(const Deadline& deadline) {
    auto pin = std::make_unique<Pin>(this);
    ODOMETER_RETURN_IF_ERROR(pin->Enter(deadline));
    Result<std::unique_ptr<StateView>> view = Judge(pin->reader()->View(deadline));
    if (!view.ok()) return view.status();
    return std::unique_ptr<StateView>(std::make_unique<PinnedView>(this, std::move(pin), std::move(*view)));
  }

  // A file that the processor has removed meanwhile looks like damage, and is gone from a database opened anew. One
  // that was just opened for that reason is really damaged.
  template <typename Answer>
  Result<Answer> Judge(Result<Answer> answer) {
    if (!answer.status().Is(ErrorKind::kStop)) return answer;
    MutexLock lock(mutex_);
    if (opened_on_suspicion_) return answer;
    if (!suspected_) {
      LogWarn("state", "reading the database failed, opening it anew reason=\"{}\"", answer.status().message());
    }
    suspected_ = true;
    return Status::Retry("the database has changed while it was read");
  }
  bool Suspected() const {
    MutexLock lock(mutex_);
    return suspected_;
  }

  Status Enter(const Deadline& deadline, StateReader** reader) {
    std::unique_ptr<Database> database;
    bool open_anew = false;
    {
      MutexLock lock(mutex_);
      while (changing_ || IsStale()) {
        if (!changing_ && readers_ == 0) break;
        if (deadline.Passed()) return TookTooLong();
        changed_.WaitFor(mutex_, kLookEveryMs);
      }
      if (!IsStale()) return Admit(reader);
      changing_ = true;
      open_anew = std::exchange(suspected_, false);
      database = std::move(database_);
    }
    if (open_anew) database.reset();
    Status status = Refresh(&database);
    MutexLock lock(mutex_);
    opened_on_suspicion_ = open_anew;
    database_ = std::move(database);
    refresh_status_ = std::move(status);
    refreshed_ms_ = clock_.SteadyMs();
    changing_ = false;
    changed_.NotifyAll();
    return Admit(reader);
  }

  // Nobody new may read it as it is. One long read must not hold up all others, but they must not follow each other for
  // ever either.
  bool IsStale() const ODOMETER_REQUIRES(mutex_) {
    if (suspected_ || !refreshed_ms_) return true;
    const int64_t age_ms = clock_.SteadyMs() - *refreshed_ms_;
    return age_ms >= (readers_ > 0 ? options_.max_stale_ms : options_.catch_up_ms);
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
      status = Open(database);
      if (status.ok() || status.Is(ErrorKind::kStop)) return status;
    }
    return status;
  }

  Status Open(std::unique_ptr<Database>* database) const {
    auto opened = std::make_unique<Database>();
    Result<std::unique_ptr<SecondaryStore>> store =
        OpenRocksSecondary(options_.database_path, options_.log_path, layout_.families);
    if (!store.ok()) {
      // Other tiers are other families.
      auto meta = OpenRocksSecondary(options_.database_path, options_.log_path, {layout_.families[StateLayout::kMeta]});
      if (meta.ok()) ODOMETER_RETURN_IF_ERROR(CheckTiers(**meta));
      return store.status();
    }
    ODOMETER_RETURN_IF_ERROR(CheckTiers(**store));
    opened->reader = NewLocalReader(store->get(), layout_);
    opened->store = std::move(*store);
    *database = std::move(opened);
    LogInfo("state", "the processor is away, answering from its database path={}", options_.database_path);
    return Status::Ok();
  }

  // kStop when the database was written with others.
  Status CheckTiers(const Store& store) const {
    std::string bytes;
    Status found = store.Get(StateLayout::kMeta, kFormatKey, &bytes);
    if (found.Is(ErrorKind::kNotFound)) return Status::Ok();
    ODOMETER_RETURN_IF_ERROR(found);
    Result<StateFormat> format = DecodeStateFormat(bytes);
    if (!format.ok()) return UndecodableValue("meta", format.status());
    if (format->tiers == layout_.tiers) return Status::Ok();
    return Status::Stop("the state in " + options_.database_path +
                        " has other tiers than are configured here: give query and processor the same `tiers`");
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
  bool suspected_ ODOMETER_GUARDED_BY(mutex_) = false;            // it looks damaged: open it anew
  bool opened_on_suspicion_ ODOMETER_GUARDED_BY(mutex_) = false;  // and not caught up since
  Status refresh_status_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<FollowerReader> NewFollowerReader(FollowerReaderOptions options, const Clock* clock) {
  return std::make_unique<SecondaryFollowerReader>(std::move(options), clock);
}

}  // namespace odometer
