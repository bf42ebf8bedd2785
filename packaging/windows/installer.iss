; Windows' installer, made by Inno Setup 6: iscc /DVersion=0.1.0 /Odist packaging\windows\installer.iss
; build.py calls it after the bundle. Not run yet.

#ifndef Version
  #error Say which: /DVersion=0.1.0
#endif

[Setup]
AppId={{6E0B4C5B-3C1C-4B57-9C38-7F3B1D0C7A54}
AppName=Training Playground
AppVersion={#Version}
AppPublisher=The training playground authors
DefaultDirName={autopf}\Training Playground
DefaultGroupName=Training Playground
DisableProgramGroupPage=yes
LicenseFile=..\..\LICENSE
OutputBaseFilename=training-playground-{#Version}-setup
SetupIconFile=..\..\build\icons\icon.ico
UninstallDisplayIcon={app}\playground.exe
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; without an administrator it installs for this user alone
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ChangesAssociations=yes
Compression=lzma2
SolidCompression=yes
WizardStyle=modern

[Files]
Source: "..\..\dist\training-playground\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

; an update brings other kernels; old ones would only lie there
[InstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{group}\Training Playground"; Filename: "{app}\playground.exe"
Name: "{autodesktop}\Training Playground"; Filename: "{app}\playground.exe"; Tasks: desktopicon

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Registry]
Root: HKA; Subkey: "Software\Classes\.playground"; ValueType: string; ValueData: "TrainingPlayground.Project"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\TrainingPlayground.Project"; ValueType: string; ValueData: "Training Playground project"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\TrainingPlayground.Project\DefaultIcon"; ValueType: string; ValueData: "{app}\playground.exe,0"
Root: HKA; Subkey: "Software\Classes\TrainingPlayground.Project\shell\open\command"; ValueType: string; ValueData: """{app}\playground.exe"" ""%1"""

[Run]
Filename: "{app}\playground.exe"; Description: "{cm:LaunchProgram,Training Playground}"; Flags: nowait postinstall skipifsilent
