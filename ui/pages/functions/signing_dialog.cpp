#include "ui/pages/functions/signing_dialog.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr qint64 kMaxFile = 65'536;
constexpr int kMaxDescription = 256; // Lambda's own limit
} // namespace

SigningDialog::SigningDialog(rpc::FunctionSettingsApi& api, QWidget* parent)
    : QDialog(parent), m_api(api), m_publisher(new QLineEdit), m_description(new QLineEdit),
      m_file(widgets::makeCaption(tr("No file chosen"))), m_policy(new QComboBox),
      m_problem(widgets::makeCaption({})),
      m_create(widgets::makeButton(QStringLiteral("createSigning"), tr("Create"), ButtonKind::Primary))
{
    setObjectName(QStringLiteral("signingDialog"));
    setWindowTitle(tr("New code signing configuration"));
    widgets::identify(m_publisher, QStringLiteral("signingPublisher"), tr("Publisher"),
                      tr("2 to 64 letters, digits and underscores"));
    m_publisher->setPlaceholderText(tr("2 to 64 letters, digits and underscores"));
    m_publisher->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[A-Za-z0-9_]{2,64}")), this));
    widgets::identify(m_description, QStringLiteral("signingDescription"), tr("Description"),
                      tr("Up to 256 characters; what the configuration is listed as"));
    m_description->setMaxLength(kMaxDescription);
    m_description->setPlaceholderText(tr("Up to 256 characters"));
    widgets::identify(m_policy, QStringLiteral("signingPolicy"), tr("Packages that are not signed so"));
    m_policy->addItem(tr("Refuse them (Enforce)"), true);
    m_policy->addItem(tr("Deploy them with a line in the log (Warn)"), false);
    m_file->setObjectName(QStringLiteral("signingFile"));
    m_problem->setObjectName(QStringLiteral("signingProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();
    auto* choose = widgets::makeButton(QStringLiteral("chooseCertificate"), tr("Choose…"));
    choose->setAccessibleName(tr("Choose the certificate"));
    choose->setToolTip(tr("A certificate in PEM form: the signer's own, or that of who issued it"));
    auto* cancel = widgets::makeButton(QStringLiteral("cancelSigning"), tr("Cancel"));
    connect(choose, &QPushButton::clicked, this, &SigningDialog::browse);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_create, &QPushButton::clicked, this, &SigningDialog::create);
    connect(m_publisher, &QLineEdit::textChanged, this, &SigningDialog::updateControls);

    auto* file = new QHBoxLayout;
    file->addWidget(choose);
    file->addWidget(m_file, 1);
    auto* form = new QFormLayout;
    form->setSpacing(Theme::kSpace);
    form->addRow(tr("Publisher"), m_publisher);
    form->addRow(tr("Certificate"), file);
    form->addRow(tr("Other packages"), m_policy);
    form->addRow(tr("Description"), m_description);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_create);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(widgets::makeCaption(
        tr("Functions with the configuration take packages that this publisher has signed: with its "
           "key, or with one that it issued a certificate for.")));
    column->addLayout(form);
    column->addWidget(m_problem);
    column->addLayout(buttons);
    setMinimumWidth(520);
    updateControls();
}

void SigningDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Choose the certificate of the publisher"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Certificates (*.pem *.crt *.cer)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &SigningDialog::setCertificate);
    dialog->open();
}

void SigningDialog::setCertificate(const QString& path)
{
    QFile file(path);
    const bool fits = file.open(QIODevice::ReadOnly) && file.size() <= kMaxFile;
    m_certificate = fits ? file.readAll() : QByteArray();
    const bool pem = m_certificate.contains("-----BEGIN CERTIFICATE-----");
    if (!pem)
        m_certificate.clear();
    m_file->setText(QFileInfo(path).fileName());
    m_problem->setText(tr("%1 is not a certificate in PEM form.").arg(QFileInfo(path).fileName()));
    m_problem->setVisible(!pem);
    if (m_publisher->text().isEmpty())
        m_publisher->setText(QFileInfo(path).completeBaseName().replace(
            QRegularExpression(QStringLiteral("[^A-Za-z0-9_]")), QStringLiteral("_")).left(64));
    updateControls();
}

void SigningDialog::create()
{
    m_create->setEnabled(false);
    const rpc::NewSigningConfig config{m_publisher->text(), m_certificate,
                                       m_description->text().isEmpty() ? m_publisher->text()
                                                                       : m_description->text(),
                                       m_policy->currentData().toBool()};
    m_api.createSigning(config, this, [this](const rpc::Result<rpc::SigningConfig>& made) {
        if (!made) {
            m_problem->setText(made.error().message);
            m_problem->show();
            return updateControls();
        }
        Q_EMIT created(*made);
        accept();
    });
}

void SigningDialog::updateControls()
{
    m_create->setEnabled(m_publisher->hasAcceptableInput() && !m_certificate.isEmpty());
}

} // namespace gantry::ui
