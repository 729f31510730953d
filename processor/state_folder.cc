#include "processor/state_folder.h"

namespace odometer {

Status ClaimStateFolder(const StateFormat& ours, const std::string& state_dir, Store* store) {
  const std::string folder = "the state folder " + state_dir;
  std::string bytes;
  Status found = store->Get(StateLayout::kMeta, kFormatKey, &bytes);
  if (found.Is(ErrorKind::kNotFound)) {
    auto batch = store->NewBatch();
    batch->Put(StateLayout::kMeta, kFormatKey, EncodeStateFormat(ours));
    return store->Write(std::move(batch));
  }
  ODOMETER_RETURN_IF_ERROR(found);
  Result<StateFormat> theirs = DecodeStateFormat(bytes);
  if (!theirs.ok()) return Status::Stop(folder + ": " + theirs.status().message());
  if (*theirs == ours) return Status::Ok();
  if (theirs->application != ours.application || theirs->input_topic != ours.input_topic) {
    return Status::Stop(folder + " belongs to application " + theirs->application + " on topic " +
                        theirs->input_topic + ": choose another state.dir");
  }
  if (theirs->cluster_id != ours.cluster_id) {
    return Status::Stop(folder + " was filled from Kafka cluster " + theirs->cluster_id +
                        ", but kafka.bootstrap.servers leads to cluster " + ours.cluster_id +
                        ": choose another state.dir");
  }
  return Status::Stop("the tiers in the configuration are not those of " + folder +
                      ": go back to the old ones, or use another application name to count anew from the topic");
}

}  // namespace odometer
