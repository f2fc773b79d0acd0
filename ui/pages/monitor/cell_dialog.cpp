#include "ui/pages/monitor/cell_dialog.h"

#include "ui/pages/monitor/invocations_panel.h"
#include "ui/pages/page.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/theme.h"

#include <QVBoxLayout>

namespace gantry::ui {

CellDialog::CellDialog(const Services& services, const rpc::CellQuery& cell, qint64 count,
                       QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("cellDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Invocations of a cell"));
    resize(1240, 760);
    auto* panel = new InvocationsPanel(services, cell.functionName, this);
    panel->showCell(cell, count);
    panel->setActive(true);
    connect(panel, &InvocationsPanel::openRequested, this, [this](const QString& route) {
        Q_EMIT openRequested(route);
        close();
    });
    connect(panel, &InvocationsPanel::replayRequested, this,
            [this, api = services.functionsApi](const QByteArray& event, const QString& function) {
                rpc::InvokeRequest request;
                request.function = function;
                request.payload = event;
                api->invoke(request, this, [this](const rpc::Result<rpc::InvokeReply>& reply) {
                    Q_EMIT messageRequested(reply ? tr("It ran again") : reply.error().message, !reply);
                });
            });
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(widgets::Theme::kMargin, widgets::Theme::kMargin,
                               widgets::Theme::kMargin, widgets::Theme::kMargin);
    layout->addWidget(panel);
}

} // namespace gantry::ui
