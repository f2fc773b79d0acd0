#pragma once

#include "aws/xray.pb.h"
#include "backend/base/place.h"
#include "backend/observe/traces/filter_expression.h"
#include "backend/store/record_map.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace gantry::observe::traces {

// X-Ray's groups: filter expressions under a name, kept in a file of their own. The group Default is of
// every trace and always there. I/O thread only.
class Groups final {
public:
    template <class T> using Done = std::function<void(absl::StatusOr<T>)>;
    static constexpr std::size_t kMost = 25; // besides the default one

    static absl::StatusOr<std::unique_ptr<Groups>>
    open(boost::asio::io_context& io, const std::filesystem::path& file, const Place& place);

    absl::StatusOr<aws::xray::GetGroupResult> get(const aws::xray::GetGroupRequest& request) const;
    absl::StatusOr<aws::xray::GetGroupsResult> list(const aws::xray::GetGroupsRequest& request) const;
    void create(const aws::xray::CreateGroupRequest& request, Done<aws::xray::CreateGroupResult> done);
    void update(const aws::xray::UpdateGroupRequest& request, Done<aws::xray::UpdateGroupResult> done);
    void remove(const aws::xray::DeleteGroupRequest& request, Done<aws::xray::DeleteGroupResult> done);

    // Which traces are in the group; both empty: all.
    absl::StatusOr<FilterExpression> filterOf(const std::string& name, const std::string& arn) const;

private:
    using Records = store::RecordMap<aws::xray::Group>;

    Groups(boost::asio::io_context& io, store::Database database, const Place& place);
    std::string arnOf(const std::string& name) const;
    // By its name or its ARN; null when there is none.
    Records::Ptr find(const std::string& name, const std::string& arn) const;
    Records::Ptr defaultGroup() const;

    const Place m_place;
    Records m_groups{"group"};
    std::unique_ptr<store::Writer> m_writer; // last: its end commits
};

} // namespace gantry::observe::traces
