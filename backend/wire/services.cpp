#include "backend/wire/services.h"

#include "aws/accessanalyzer.pb.h"
#include "aws/applicationsignals.pb.h"
#include "aws/cloudwatch.pb.h"
#include "aws/ecr.pb.h"
#include "aws/iam.pb.h"
#include "aws/kms.pb.h"
#include "aws/lambda.pb.h"
#include "aws/logs.pb.h"
#include "aws/secretsmanager.pb.h"
#include "aws/sqs.pb.h"
#include "aws/ssm.pb.h"
#include "aws/sts.pb.h"
#include "aws/xray.pb.h"
#include "gantry/v1/access.pb.h"
#include "gantry/v1/alarms.pb.h"
#include "gantry/v1/annotations.pb.h"
#include "gantry/v1/audit.pb.h"
#include "gantry/v1/concurrency.pb.h"
#include "gantry/v1/cost.pb.h"
#include "gantry/v1/develop.pb.h"
#include "gantry/v1/extension.pb.h"
#include "gantry/v1/findings.pb.h"
#include "gantry/v1/images.pb.h"
#include "gantry/v1/message_queues.pb.h"
#include "gantry/v1/monitor.pb.h"
#include "gantry/v1/objectives.pb.h"
#include "gantry/v1/platform.pb.h"
#include "gantry/v1/queue.pb.h"
#include "gantry/v1/signing.pb.h"
#include "gantry/v1/telemetry_export.pb.h"
#include "gantry/v1/tuning.pb.h"
#include "gantry/v1/vault.pb.h"

namespace gantry::wire {
namespace {

using google::protobuf::ServiceDescriptor;

// A message of each file, so that the linker keeps the file and its descriptors.
template <class... Messages> std::vector<const ServiceDescriptor*> servicesOfFiles()
{
    std::vector<const ServiceDescriptor*> services;
    for (const auto* message : {Messages::descriptor()...}) {
        for (int i = 0; i < message->file()->service_count(); ++i)
            services.push_back(message->file()->service(i));
    }
    return services;
}

} // namespace

std::vector<const ServiceDescriptor*> awsServices()
{
    return servicesOfFiles<aws::lambda::InvocationRequest, aws::kms::CreateKeyRequest,
                           aws::secretsmanager::CreateSecretRequest, aws::ssm::GetParameterRequest,
                           aws::iam::CreateRoleRequest, aws::sts::AssumeRoleRequest,
                           aws::accessanalyzer::ValidatePolicyRequest,
                           aws::logs::FilterLogEventsRequest, aws::sqs::SendMessageRequest,
                           aws::cloudwatch::GetMetricDataInput, aws::ecr::PutImageRequest,
                           aws::xray::GetTraceSummariesRequest,
                           aws::applicationsignals::Goal, v1::CheckInitRequest, v1::Bill,
                           v1::VaultInfo, v1::AuditEntry, v1::ExtensionSecretRequest>();
}

std::vector<const ServiceDescriptor*> allServices()
{
    std::vector<const ServiceDescriptor*> services = awsServices();
    const auto own = servicesOfFiles<v1::PlatformInfo, v1::MetricsFrame, v1::ConcurrencyFrame,
                                     v1::QueueFrame, v1::MessageQueue, v1::SigningProfile,
                                     v1::TuningRun, v1::AlarmsFrame, v1::Annotation, v1::Finding,
                                     v1::ImageLibrary, v1::ObjectiveHealth, v1::HealthFinding,
                                     v1::TelemetryExportStatus>();
    services.insert(services.end(), own.begin(), own.end());
    return services;
}

} // namespace gantry::wire
